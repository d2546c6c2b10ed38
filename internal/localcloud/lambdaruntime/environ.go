package lambdaruntime

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reserved are the variables that Lambda sets and a function's configuration may not.
// Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
var reserved = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// environment makes the variables of the function's processes: what Lambda presets and the template may
// change, the template's, what Lambda sets, and what this cloud adds.
func environment(f Function, o Options) ([]string, error) {
	for _, name := range slices.Sorted(maps.Keys(f.Env)) {
		if slices.Contains(reserved, name) {
			return nil, fmt.Errorf("its environment sets %s, which is reserved: Lambda would refuse the function", name)
		}
		if strings.ContainsAny(name, "=\x00") || strings.Contains(f.Env[name], "\x00") {
			return nil, fmt.Errorf("its environment variable %q cannot be set", name)
		}
	}
	all := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin",
		"LANG": "en_US.UTF-8",
		"TZ":   ":UTC",
	}
	maps.Copy(all, f.Env)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        filepath.Base(f.Binary),
		"LAMBDA_TASK_ROOT":                filepath.Dir(f.Binary),
		"LAMBDA_RUNTIME_DIR":              filepath.Dir(f.Binary),
		"AWS_REGION":                      o.Region,
		"AWS_DEFAULT_REGION":              o.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      LogStream,
	})
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":     o.Credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": o.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN":     o.Credentials.SessionToken,
	} {
		if value != "" {
			all[name] = value
		}
	}
	maps.Copy(all, o.Env)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list, nil
}

// LogStream is the name of the log stream that functions are told to write to.
const LogStream = "local"

// newTraceID makes an X-Ray trace header for a request that is not sampled.
// Source: AWS X-Ray Developer Guide, "Tracing header".
func newTraceID(now time.Time) string {
	var b [20]byte
	rand.Read(b[:]) // never fails: crypto/rand
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", now.Unix(), hex.EncodeToString(b[:12]), hex.EncodeToString(b[12:]))
}
