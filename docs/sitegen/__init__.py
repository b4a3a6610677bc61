"""The pages of the documentation that are made from the knowledge, the schemas and the program itself."""
