package loopback

import "testing"

func TestIsHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:9000": true, "s3.localhost:9000": true, "localhost.": true,
		"127.0.0.1": true, "127.0.0.1:9000": true, "127.1.2.3": true, "[::1]": true, "[::1]:9000": true, "::1": true,
		"[::ffff:127.0.0.1]:1": true,

		"": false, ":9000": false, "example.com": false, "localhost.example.com": false, "notlocalhost": false,
		"10.0.0.1:9000": false, "0.0.0.0": false, "[::]": false, "127.0.0.1.example.com": false, "localhost:1:2": false,
	} {
		if got := IsHost(host); got != want {
			t.Errorf("IsHost(%q) = %v", host, got)
		}
	}
}
