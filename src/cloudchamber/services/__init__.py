"""One folder for each AWS service, all of one shape, found by listing."""
