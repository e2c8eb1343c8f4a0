"""The functions that Athena's engine has, by name.

Rules of this file: names only. What is here and cannot be run is refused by name; what is not here
is no function of Trino's, even if DuckDB has one of that name.
https://docs.aws.amazon.com/athena/latest/ug/functions-env3.html
https://trino.io/docs/current/functions/list.html
"""

from __future__ import annotations

from typing import Final

TRINO: Final = frozenset(
    """
    abs acos all_match any_match any_value approx_distinct approx_most_frequent approx_percentile
    approx_set arbitrary array_agg array_distinct array_except array_first array_histogram
    array_intersect array_join array_last array_max array_min array_position array_remove array_sort
    array_union arrays_overlap asin at_timezone atan atan2 avg bar beta_cdf bing_tile
    bing_tile_at bing_tile_coordinates bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level
    bing_tiles_around bit_count bitwise_and bitwise_and_agg bitwise_left_shift bitwise_not
    bitwise_or bitwise_or_agg bitwise_right_shift bitwise_right_shift_arithmetic bitwise_xor
    bitwise_xor_agg bool_and bool_or cardinality cbrt ceil ceiling char2hexint checksum chr
    classify coalesce codepoint color combinations concat concat_ws contains contains_sequence
    convex_hull_agg corr cos cosh cosine_distance cosine_similarity count count_if covar_pop
    covar_samp crc32 cume_dist current_date current_time current_timestamp current_timezone
    current_user date date_add date_diff date_format date_parse date_trunc day day_of_month
    day_of_week day_of_year degrees dense_rank dow doy e element_at empty_approx_set every exp
    features filter first_value flatten floor format format_datetime format_number from_base
    from_base32 from_base64 from_base64url from_big_endian_32 from_big_endian_64
    from_encoded_polyline from_geojson_geometry from_hex from_ieee754_32 from_ieee754_64
    from_iso8601_date from_iso8601_timestamp from_iso8601_timestamp_nanos from_unixtime
    from_unixtime_nanos from_utf8 geometric_mean geometry_from_hadoop_shape
    geometry_invalid_reason geometry_nearest_points geometry_to_bing_tiles geometry_union
    geometry_union_agg great_circle_distance greatest hamming_distance hash_counts histogram
    hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512 hour human_readable_seconds if index infinity
    intersection_cardinality inverse_beta_cdf inverse_normal_cdf is_finite is_infinite
    is_json_scalar is_nan jaccard_index json_array json_array_contains json_array_get
    json_array_length json_exists json_extract json_extract_scalar json_format json_object
    json_parse json_query json_size json_table json_value kurtosis lag last_day_of_month
    last_value lead learn_classifier learn_regressor least length levenshtein_distance
    line_interpolate_point line_locate_point listagg ln localtime localtimestamp log log10 log2
    lower lpad ltrim luhn_check make_set_digest map map_agg map_concat map_entries map_filter
    map_from_entries map_keys map_union map_values map_zip_with max max_by md5 merge
    merge_set_digest millisecond min min_by minute mod month multimap_agg multimap_from_entries
    murmur3 nan ngrams none_match normal_cdf normalize now nth_value ntile nullif
    numeric_histogram objectid_timestamp parse_data_size parse_datetime parse_duration
    parse_presto_data_size percent_rank pi pow power qdigest_agg quarter radians rand random range
    rank reduce reduce_agg regexp_count regexp_extract regexp_extract_all regexp_like
    regexp_position regexp_replace regexp_split regr_intercept regr_slope regress render repeat
    replace reverse rgb round row row_number rpad rtrim second sequence sha1 sha256 sha512 shuffle
    sign simplify_geometry sin sinh skewness slice soundex spatial_partitioning
    spooky_hash_v2_32 spooky_hash_v2_64 split split_part split_to_map split_to_multimap sqrt
    st_area st_asbinary st_astext st_boundary st_buffer st_centroid st_contains st_crosses
    st_difference st_dimension st_disjoint st_distance st_envelope st_equals st_geometryfromtext
    st_geometrytype st_intersection st_intersects st_isempty st_isvalid st_length st_linestring
    st_numpoints st_overlaps st_point st_polygon st_relate st_touches st_union st_within st_x st_y
    starts_with stddev stddev_pop stddev_samp strpos strrpos substr substring sum tan tanh
    tdigest_agg timestamp_objectid timezone_hour timezone_minute to_base to_base32 to_base64
    to_base64url to_big_endian_32 to_big_endian_64 to_char to_date to_encoded_polyline
    to_geojson_geometry to_geometry to_hex to_ieee754_32 to_ieee754_64 to_iso8601 to_milliseconds
    to_spherical_geography to_timestamp to_unixtime to_utf8 transform transform_keys
    transform_values translate trim trim_array truncate try try_cast typeof upper url_decode
    url_encode url_extract_fragment url_extract_host url_extract_parameter url_extract_path
    url_extract_port url_extract_protocol url_extract_query uuid value_at_quantile
    values_at_quantiles var_pop var_samp variance version week week_of_year width_bucket
    wilson_interval_lower wilson_interval_upper with_timezone word_stem xxhash64 year year_of_week
    yow zip zip_with ip_prefix ip_prefix_min ip_prefix_max ip_subnet_min ip_subnet_max
    ip_subnet_range is_subnet_of contains_ip
    """.split()
)

# What DuckDB calls otherwise, or does not have.
MACROS: Final = (
    "map_agg(a, b) AS map(list(a), list(b))",
    (
        "slice(a, s, n) AS list_slice(a, CASE WHEN s < 0 THEN len(a) + s + 1 ELSE s END, "
        "CASE WHEN s < 0 THEN len(a) + s ELSE s - 1 END + n)"
    ),
    "_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i)",  # in order
    "array_union(a, b) AS _distinct(list_concat(a, b))",
    "arrays_overlap(a, b) AS list_has_any(a, b)",
    "bitwise_and(a, b) AS a & b",
    "bitwise_or(a, b) AS a | b",
    "bitwise_xor(a, b) AS xor(a, b)",
    "bitwise_left_shift(a, b) AS a << b",
    "bitwise_right_shift(a, b) AS a >> b",
    "codepoint(a) AS unicode(a)",
    "_random(n) AS CAST(floor(random() * n) AS INTEGER)",
    "_random_between(a, b) AS CAST(floor(random() * (b - a)) AS INTEGER) + a",
    # A moment's milliseconds are written even when they are none, unless its type has none.
    (
        "_text(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP', 'TIMESTAMP_MS') THEN "
        "strftime(CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') "
        "WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN "
        "strftime(CAST(CAST(x AS VARCHAR) AS TIMESTAMPTZ), '%Y-%m-%d %H:%M:%S.%g UTC') "
        "WHEN typeof(x) = 'JSON' THEN "
        "json_extract_string(CAST(CAST(x AS VARCHAR) AS JSON), '$') "
        "ELSE CAST(x AS VARCHAR) END"
    ),
    (
        "to_iso8601(x) AS CASE typeof(x) WHEN 'DATE' THEN CAST(x AS VARCHAR) "
        "WHEN 'TIMESTAMP_S' THEN replace(CAST(x AS VARCHAR), ' ', 'T') "
        "WHEN 'TIMESTAMP WITH TIME ZONE' THEN "
        "strftime(CAST(CAST(x AS VARCHAR) AS TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%S.%gZ') "
        "ELSE strftime(CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%g') END"
    ),
    # What is no JSON has nothing in it, and an array or an object is no scalar.
    "_json(j, p) AS CASE WHEN json_valid(j) THEN json_extract(j, p) END",
    (
        "_json_scalar(j, p) AS CASE WHEN json_valid(j) AND json_type(j, p) NOT IN "
        "('ARRAY', 'OBJECT') THEN json_extract_string(j, p) END"
    ),
    "_json_exists(j, p) AS json_valid(j) AND json_exists(j, p)",
    "infinity() AS 'inf'::DOUBLE",
    "nan() AS 'nan'::DOUBLE",
    "e() AS exp(1)",
    "is_finite(a) AS isfinite(a)",
    "is_infinite(a) AS isinf(a)",
    "trim_array(a, n) AS list_slice(a, 1, len(a) - n)",
    "url_extract_protocol(u) AS nullif(regexp_extract(u, '^([^:/]+):', 1), '')",
    "url_extract_host(u) AS nullif(regexp_extract(u, '^[^:]+://([^:/?#]*)', 1), '')",
    "url_extract_path(u) AS regexp_extract(u, '^[^:]+://[^/?#]*([^?#]*)', 1)",
    "url_extract_query(u) AS nullif(regexp_extract(u, '[?]([^#]*)', 1), '')",
    "url_extract_fragment(u) AS nullif(regexp_extract(u, '#(.*)$', 1), '')",
    (
        "url_extract_parameter(u, n) AS "
        "nullif(regexp_extract(u, concat('[?&]', regexp_escape(n), '=([^&#]*)'), 1), '')"
    ),
)
