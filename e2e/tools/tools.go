//go:build tools

// Package tools pins what the end-to-end tests build from source and run.
package tools

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"
