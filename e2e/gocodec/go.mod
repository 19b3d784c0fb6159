module example.com/storage-lock-otel/e2e/gocodec

go 1.21

require github.com/storage-lock/go-events v0.0.3

require (
	github.com/golang-infrastructure/go-iterator v0.0.0-20230524171120-56988a9b127c // indirect
	github.com/golang-infrastructure/go-pointer v0.0.5 // indirect
	github.com/golang-infrastructure/go-reflect-utils v0.0.0-20221130143747-965ef2eb09c3 // indirect
	github.com/google/uuid v1.3.1 // indirect
	github.com/storage-lock/go-storage v0.0.2 // indirect
	github.com/storage-lock/go-utils v0.0.2 // indirect
)
