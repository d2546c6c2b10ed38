package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
)

// quality gives the likeness of both sides' thumbnails to one made from the photograph as sharp decodes it at
// its full size. Workers do it: the peak memory of a process counts for those that it starts.
func quality(ctx context.Context, commands [2][]string, photo, dir string) (ssim [2]float64, err error) {
	var workers [2]*worker
	var thumbnails [2]string
	for i, command := range commands {
		if workers[i], err = startWorker(ctx, command); err != nil {
			return ssim, err
		}
		defer workers[i].end()
		thumbnails[i] = filepath.Join(dir, fmt.Sprintf("thumbnail-%d.png", i))
		if _, err := workers[i].ask("OUT", photo, thumbnails[i]); err != nil {
			return ssim, err
		}
	}
	raw := filepath.Join(dir, "raw")
	size, err := workers[0].ask("RAW", photo, raw)
	if err != nil {
		return ssim, err
	}
	for i, path := range thumbnails {
		answer, err := workers[1].ask(append([]string{"LIKE", path, raw}, size...)...)
		if err != nil {
			return ssim, err
		}
		if ssim[i], err = strconv.ParseFloat(answer[0], 64); err != nil {
			return ssim, err
		}
	}
	return ssim, nil
}
