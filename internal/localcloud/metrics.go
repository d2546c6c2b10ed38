package localcloud

import (
	"sync"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
)

// metrics adds up what functions measure, as CloudWatch would, since this process began.
type metrics struct {
	mu   sync.Mutex
	sums embeddedmetric.Sums
}

func (m *metrics) add(l embeddedmetric.Line) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sums.Add(l)
}

// Metrics are the sums of what functions have measured, since Boot.
func (cloud *Cloud) Metrics() []embeddedmetric.Sum {
	cloud.metrics.mu.Lock()
	defer cloud.metrics.mu.Unlock()
	return cloud.metrics.sums.All()
}
