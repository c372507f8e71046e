package config

import "github.com/tacit-space/tacit/engine/schema"

// Roles names the configurations that have a schema.
var Roles = []string{"coordinator", "worker", "analyst"}

// Keys describes the configuration file of a role.
func Keys(role string) schema.Key {
	switch role {
	case "coordinator":
		return schema.Of(DefaultCoordinator())
	case "worker":
		return schema.Of(DefaultWorker())
	case "analyst":
		return schema.Of(DefaultAnalyst())
	}
	panic("config: no role " + role)
}

// Schema returns the JSON schema (draft 2020-12) of a role's configuration file.
func Schema(role string) []byte { return schema.JSON("tacit "+role, Keys(role)) }
