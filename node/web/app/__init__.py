"""The browser app: the built files, and the rules under which a browser runs them."""
