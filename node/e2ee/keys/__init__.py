"""The keys of an account (spec KEY): `public` for all who check, `private` for its devices only.

A root signs a `delegation` to a list key, that one signs the `device_list`, each device's
`certificate` and the `key_box`, in which every listed device finds the secrets. The root itself
comes out of the recovery key (`private.recovery`) and lies nowhere.
"""
