package main

import (
	"encoding/json"
	"net/http"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
	"github.com/thumbing/thumbing/internal/localcloud"
	"github.com/thumbing/thumbing/internal/localcloud/chaos"
	"github.com/thumbing/thumbing/internal/localcloud/loopback"
)

// statusPath is where programs ask how far the local cloud is, below --listen.
const statusPath = "/local/status"

// devStatus is the answer at statusPath. Nothing is under way when all of Waiting is 0 and nothing is sent.
type devStatus struct {
	Waiting localcloud.Waiting   `json:"waiting"`
	Metrics []embeddedmetric.Sum `json:"metrics"`
	Chaos   *devChaos            `json:"chaos,omitempty"`
}

type devChaos struct {
	Settings string       `json:"settings"`
	Counts   chaos.Counts `json:"counts"`
}

// statusOf serves the status of a cloud.
func statusOf(cloud *localcloud.Cloud, c *chaos.Chaos) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.IsHost(r.Host) { // another site's name that was made to lead here
			http.Error(w, "this is for this machine alone", http.StatusForbidden)
			return
		}
		status := devStatus{Waiting: cloud.Waiting(), Metrics: cloud.Metrics()}
		if c != nil {
			status.Chaos = &devChaos{c.Settings().String(), c.Counts()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(status) // whoever has gone asks again
	})
}
