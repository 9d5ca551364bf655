"""The ids of one host: a range of keys, so that an index of ids finds them."""


def of_host(host: str) -> tuple[str, str]:
    """Above the first and below the second of these are the ids `https://HOST/…`, and no others."""
    prefix = f"https://{host}/"
    return prefix, prefix[:-1] + "0"  # the character behind the slash
