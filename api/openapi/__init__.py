"""The OpenAPI document: what the framework finds in the views, and what no decorator can say."""
