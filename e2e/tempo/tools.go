//go:build tools

// Package tools pins what the end-to-end tests build from source and run. Tempo has a module apart from
// Jaeger's, as the two ask for different versions of the same modules.
package tools

import _ "github.com/grafana/tempo/cmd/tempo"
