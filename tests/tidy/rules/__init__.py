"""All rules of the house, in the order in which a reader would ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.tidy.house import Finding, House
from tests.tidy.rules import bans, imports, layers, names, prose, sizes, state, words

Rule = Callable[[House], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    prose.files_can_be_read,
    layers.layers_hold,
    layers.services_are_strangers,
    layers.libraries_fit_the_layer,
    sizes.files_are_short,
    sizes.definitions_are_short,
    sizes.lines_are_narrow,
    bans.outside_world_stays_outside,
    bans.environment_is_read_at_the_edge,
    bans.nothing_depends_on_addresses,
    bans.sets_are_not_iterated,
    bans.tests_do_not_sleep,
    bans.catches_are_narrow,
    state.modules_hold_no_state,
    names.names_say_something,
    names.service_folders_have_one_shape,
    names.services_are_declared,
    names.services_are_described,
    names.tests_mirror_the_package,
    imports.imports_stand_on_top,
    imports.imports_are_written_out,
    imports.imports_are_declared,
    imports.dependencies_are_used,
    imports.every_module_is_reached,
    words.no_machine_is_named,
    words.nobody_signs,
    words.nothing_reaches_outside,
    words.comments_promise_nothing,
    prose.files_open_with_their_rules,
    prose.markdown_has_one_title,
    prose.links_lead_somewhere,
    prose.decisions_are_listed,
)
