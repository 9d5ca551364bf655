"""All SQL: `tables` is the picture, one page of queries per room."""
