"""AWS Glue: the Data Catalog, which says where tables lie and what is in them."""
