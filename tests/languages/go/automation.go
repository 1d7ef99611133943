package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// automate runs one operation of a stack with the program: `./shop STACK up`.
func automate(program pulumi.RunFunc) {
	if err := operate(context.Background(), os.Args[1], os.Args[2], program); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func operate(ctx context.Context, name, operation string, program pulumi.RunFunc) error {
	stack, err := auto.SelectStackInlineSource(ctx, name, "shop", program, auto.WorkDir("."))
	if err != nil {
		return err
	}
	switch operation {
	case "up":
		_, err = stack.Up(ctx, optup.Diff(), optup.Color("never"),
			optup.ProgressStreams(os.Stdout), optup.ErrorProgressStreams(os.Stderr))
	case "preview":
		_, err = stack.Preview(ctx, optpreview.Diff(), optpreview.Color("never"),
			optpreview.ProgressStreams(os.Stdout), optpreview.ErrorProgressStreams(os.Stderr))
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.Color("never"),
			optdestroy.ProgressStreams(os.Stdout), optdestroy.ErrorProgressStreams(os.Stderr))
	}
	return err
}
