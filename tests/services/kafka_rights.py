"""Grants and takes rights on a broker: `kafka_rights.py SERVERS USER add TYPE NAME OPERATION`, `… USER remove`.

TYPE is `topic`, `group`, `transactional_id` or `broker` (the cluster); NAME with `*` at its end is a prefix. `remove`
takes every right that the user has.
"""

import sys

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)


def main(servers, user, action, *more):
    admin, principal = AdminClient({"bootstrap.servers": servers}), f"User:{user}"
    if action == "add":
        kind, name, operation = more
        pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
        binding = AclBinding(ResourceType[kind.upper()], name.rstrip("*"), pattern, principal, "*",
                             AclOperation[operation.upper()], AclPermissionType.ALLOW)
        futures = admin.create_acls([binding])
    else:
        every = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, principal, None, AclOperation.ANY,
                                 AclPermissionType.ANY)
        futures = admin.delete_acls([every])
    for future in futures.values():
        future.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
