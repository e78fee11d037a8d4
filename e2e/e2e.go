// Package e2e runs the real programs people use against a real server: the
// OpenLDAP tools, python ldap3, SSSD, JupyterHub and a browser.
//
// A server under test listens on loopback, or in network namespaces that the test
// made and removes. A program that is missing skips the test and says so; in CI
// (CI=true) it fails it.
package e2e
