package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/doctor"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/stacks"
)

func newDoctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look whether everything is ready to be deployed, or well once it is",
		Long: `Look at what a deployment needs and at what is deployed: the settings, Node, the
compiled function, the AWS credentials, the account's bootstrap, names that are
free or ours, the certificate and the zone; and then the notifications, the
subscriptions, the dead letters and DNS. Each line says that it is well, or what
to do. Nothing is changed.

It exits with 1 when there is something to do.`,
		Example: `  thumbing doctor
  AWS_PROFILE=production thumbing doctor`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failure.Within("doctor", examine(cmd.Context(), cmd.OutOrStdout()))
		},
	}
}

// examine tells of everything, and returns an error when something is to be done.
func examine(ctx context.Context, w io.Writer) error {
	chart := &chart{w: w}
	set, err := settings.Load(".")
	if err != nil {
		for _, problem := range failure.Unjoin(err) {
			chart.add(doctor.Finding{About: "settings", Says: "wrong", Do: problem.Error()})
		}
	} else {
		chart.add(doctor.Finding{About: "settings", Says: readFrom(set)})
		chart.check("function", "compiled for "+set.Architecture, stacks.CheckFunction(".", set.Architecture))
	}
	node, nodeErr := stacks.FindNode(".")
	chart.check("Node", node, nodeErr)
	if err != nil {
		return chart.close() // nobody knows what to ask AWS for
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	switch {
	case err != nil:
		chart.check("credentials", "", explainConfig(err))
	case cfg.Region == "":
		chart.add(doctor.Finding{About: "region", Says: "no AWS region is configured", Do: "set AWS_REGION, or name a profile that has one with AWS_PROFILE"})
	default:
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			chart.check("credentials", "", explainCredentials(err, aws.ToString(cfg.BaseEndpoint)))
			break
		}
		doctor.Examine(ctx, doctor.Config{Settings: set, Stack: stacks.StackID, AWS: cfg}, chart.add)
	}
	return chart.close()
}

func readFrom(set settings.Settings) string {
	if set.DotEnv != "" {
		return "read from the environment and " + set.DotEnv
	}
	return "read from the environment"
}

// chart writes findings, a line each, as they come.
type chart struct {
	w    io.Writer
	todo int
	err  error
}

func (c *chart) add(f doctor.Finding) {
	state, text := "ok", f.Says
	if !f.OK() {
		c.todo++
		state, text = "to do", f.Says+": "+f.Do
	}
	_, err := fmt.Fprintf(c.w, "%-6s %s: %s\n", state, f.About, failure.OneLine(text))
	c.err = errors.Join(c.err, err)
}

// check adds what is well, or the error that says why not, with its hint as what to do.
func (c *chart) check(about, well string, err error) {
	if err == nil {
		c.add(doctor.Finding{About: about, Says: well})
		return
	}
	do := failure.HintOf(err)
	if do == "" {
		do = "mend it"
	}
	c.add(doctor.Finding{About: about, Says: err.Error(), Do: do})
}

func (c *chart) close() error {
	switch {
	case c.err != nil:
		return c.err
	case c.todo == 1:
		return errors.New("there is one thing to do")
	case c.todo > 0:
		return fmt.Errorf("there are %d things to do", c.todo)
	}
	return nil
}
