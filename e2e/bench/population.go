package main

import "fmt"

// Who is in the servers: people, each in a team, the teams in departments. Some
// people have passwords, for what costs little when it is asked again; more have
// keys.
const (
	people      = 10_000
	keyed       = 2_000 // people with passwords
	binders     = 100   // of them, who bind again and again
	teamSize    = 50
	teams       = people / teamSize
	departments = 10
	machines    = 200

	password      = "Correct horse 1"
	adminPassword = "Seven grey herons 7"
)

func login(i int) string      { return fmt.Sprintf("user%05d", i) }
func team(i int) string       { return fmt.Sprintf("team%03d", i) }
func department(i int) string { return fmt.Sprintf("department%d", i) }
func machine(i int) string    { return fmt.Sprintf("vm%03d", i) }

// attributes of a person, beside the names.
func attributes(i int) [][2]string {
	return [][2]string{
		{"sn", fmt.Sprintf("Family%05d", i)}, {"givenName", fmt.Sprintf("Given%05d", i)}, {"displayName", fmt.Sprintf("Given%05d Family%05d", i, i)},
		{"mail", login(i) + "@lab.example"}, {"title", "Scientist"}, {"telephoneNumber", fmt.Sprintf("+1 555 %05d", i)},
		{"description", "One of many"},
	}
}
