"""An authenticator that makes, call for call, the ldap3 calls of jupyterhub-ldapauthenticator.

Debian has no package of it. The releases differ in what they ask of a directory:

* 1.1 binds once, in clear, as the template says, and asks nothing else.
* 1.3 begins TLS before each bind; with lookup_dn it first searches with an account of its own.
* 2.x begins TLS before each bind, and tests groups with the person's own connection.
"""
import re

import ldap3
from jupyterhub.auth import Authenticator
from ldap3.utils.conv import escape_filter_chars
from tornado import gen
from traitlets import Bool, Int, List, Unicode, Union


class LDAPAuthenticator(Authenticator):
    release = Unicode("1.1", config=True)
    server_address = Unicode(config=True)
    server_port = Int(389, config=True)
    use_ssl = Bool(False, config=True)
    bind_dn_template = Union([List(), Unicode()], config=True)
    lookup_dn = Bool(False, config=True)
    lookup_dn_search_filter = Unicode("({login_attr}={login})", config=True)
    lookup_dn_search_user = Unicode(config=True, allow_none=True)
    lookup_dn_search_password = Unicode(config=True, allow_none=True)
    lookup_dn_user_dn_attribute = Unicode("cn", config=True)
    user_search_base = Unicode(config=True)
    user_attribute = Unicode(config=True)
    allowed_groups = List(config=True)
    valid_username_regex = Unicode(r"^[a-z][.a-z0-9_-]*$", config=True)

    def connection(self, userdn, password):
        if self.release == "1.1":
            server = ldap3.Server(self.server_address, port=self.server_port, use_ssl=self.use_ssl)
            return ldap3.Connection(server, user=userdn, password=password)
        if self.release == "1.3":
            server = ldap3.Server(self.server_address, port=self.server_port, use_ssl=self.use_ssl)
        else:
            server = ldap3.Server(self.server_address, port=self.server_port, use_ssl=self.use_ssl, tls=ldap3.Tls())
        auto = ldap3.AUTO_BIND_NO_TLS if self.use_ssl else ldap3.AUTO_BIND_TLS_BEFORE_BIND
        return ldap3.Connection(server, user=userdn, password=password, auto_bind=auto)

    def resolve(self, username):
        conn = self.connection(self.lookup_dn_search_user, self.lookup_dn_search_password)
        if not conn.bind():
            self.log.warning("the search account cannot bind: %s", conn.result)
            return None
        conn.search(
            search_base=self.user_search_base,
            search_scope=ldap3.SUBTREE,
            search_filter=self.lookup_dn_search_filter.format(
                login_attr=self.user_attribute, login=escape_filter_chars(username)
            ),
            attributes=[self.lookup_dn_user_dn_attribute],
        )
        found = [r for r in conn.response if "attributes" in r]
        if len(found) != 1:
            return None
        value = found[0]["attributes"][self.lookup_dn_user_dn_attribute]
        return value[0] if isinstance(value, list) else value

    @gen.coroutine
    def authenticate(self, handler, data):
        username, password = data["username"], data["password"]
        if not re.match(self.valid_username_regex, username) or not password.strip():
            return None
        name = username
        if self.lookup_dn and self.release != "1.1":
            name = self.resolve(username)
            if not name:
                return None
        templates = self.bind_dn_template
        if isinstance(templates, str):
            templates = [templates]
        for template in templates:
            userdn = template.format(username=name)
            try:
                conn = self.connection(userdn, password)
                bound = conn.bind()
            except ldap3.core.exceptions.LDAPBindError as e:
                self.log.warning("not bound: %s", e)
                bound = False
            if not bound:
                continue
            if self.allowed_groups:
                for group in self.allowed_groups:
                    conn.search(
                        search_base=group,
                        search_scope=ldap3.BASE,
                        search_filter=f"(|(member={userdn})(uniqueMember={userdn})(memberUid={username}))",
                        attributes=["member", "uniqueMember", "memberUid"],
                    )
                    if [r for r in conn.response or [] if "attributes" in r]:
                        return username
                return None
            return username
        return None
