"""HTTP in: routes, sign-in, pages, problem documents."""
