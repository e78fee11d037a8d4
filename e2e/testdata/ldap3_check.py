"""What a program on python ldap3 does with get_info=ALL: read the schema, search, page, compare."""
import ssl
import sys

from ldap3 import ALL, ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES, BASE, Connection, Server, SUBTREE, Tls

host, ca, mode, name, password = sys.argv[1:6]
base = "DC=lab,DC=internal"
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca)
server = Server(host, port=636 if mode == "ldaps" else 389, use_ssl=mode == "ldaps", tls=tls, get_info=ALL)
c = Connection(server, user=f"CN={name},OU=AADDC Users,{base}", password=password)
if mode == "starttls":
    c.open()
    assert c.start_tls(), c.result
assert c.bind(), c.result

schema = server.schema
assert schema.attribute_types["cn"].single_value, "cn is single-valued"
for wanted in ("sAMAccountName", "memberOf", "createTimestamp", "uidNumber", "objectSid", "tokenGroups"):
    assert wanted in schema.attribute_types, wanted
assert "user" in schema.object_classes
assert server.info.other["defaultNamingContext"] == base, server.info.other

assert c.search(base, f"(sAMAccountName={name})", SUBTREE, attributes=[ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES]), c.result
e = c.entries[0]
assert e.cn.value == name and isinstance(e.cn.value, str), e.cn
assert str(e.objectSid.value).startswith("S-1-5-21-"), e.objectSid
assert e.whenCreated.value.year > 2000, e.whenCreated
assert e.displayName.value == "Alice Liddell"

group = f"CN=AAD DC Administrators,OU=AADDC Users,{base}"
found = f"(|(member={e.entry_dn})(uniqueMember={e.entry_dn})(memberUid={name}))"
assert c.search(group, found, BASE, attributes=["member", "uniqueMember", "memberUid"]), c.result
assert c.search(base, f"(memberOf:1.2.840.113556.1.4.1941:={group})", SUBTREE, attributes=["cn"]), c.result

names = [r["attributes"]["cn"] for r in c.extend.standard.paged_search(base, "(objectClass=*)", SUBTREE, attributes=["cn"], paged_size=3, generator=True) if "attributes" in r]
assert len(names) > 10, names
assert c.compare(e.entry_dn, "sAMAccountName", name.upper()), c.result
assert c.extend.standard.who_am_i() == f"u:LAB\\{name}", c.extend.standard.who_am_i()
assert not Connection(server, user=name, password="wrong").bind()
print("all well")
