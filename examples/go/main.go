// The ports of two Northflank services.
package main

import (
	"example.com/pulumi-northflank/sdk/go/northflank"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(shop)
}

func shop(ctx *pulumi.Context) error {
	credentials := northflank.BasicAuthMap{
		"ops": northflank.BasicAuthArgs{Password: config.RequireSecret(ctx, "opsPassword")},
	}

	adminPages := northflank.PathPolicyArgs{
		Priority:   pulumi.Int(10),
		AccessMode: northflank.AccessModeProtected,
		SecurityPolicies: northflank.SecurityPoliciesArgs{
			RequiredPolicies: northflank.PolicyGroupArgs{Credentials: credentials},
		},
	}

	web, err := northflank.NewServicePorts(ctx, "web", &northflank.ServicePortsArgs{
		ProjectId: pulumi.String("shop"),
		ServiceId: pulumi.String("web"),
		Ports: northflank.PortMap{
			"http": northflank.PortArgs{
				InternalPort: pulumi.Int(3000),
				Protocol:     northflank.ProtocolHTTP,
				Public:       pulumi.Bool(true),
				Security: northflank.SecurityArgs{
					SecurePathConfiguration: northflank.SecurePathConfigurationArgs{
						Rules: northflank.PathPolicyMap{"prefix /admin": adminPages},
					},
				},
			},
		},
	})
	if err != nil {
		return err
	}

	api, err := northflank.NewServicePorts(ctx, "api", &northflank.ServicePortsArgs{
		ProjectId: pulumi.String("shop"),
		ServiceId: pulumi.String("api"),
		Ports: northflank.PortMap{
			"http": northflank.PortArgs{
				InternalPort: pulumi.Int(8080),
				Protocol:     northflank.ProtocolHTTP,
				Public:       pulumi.Bool(true),
				Domains:      pulumi.BoolMap{"api.shop.example": pulumi.Bool(true)},
				Security: northflank.SecurityArgs{
					VerificationMode: northflank.VerificationModeAnd,
					Credentials:      credentials,
					Policies: pulumi.BoolMapMap{
						"ALLOW": pulumi.BoolMap{
							"203.0.113.0/24": pulumi.Bool(true),
							"2001:db8::/48":  pulumi.Bool(true),
						},
					},
					Headers: northflank.HeaderRuleMap{
						"Origin": northflank.HeaderRuleArgs{Value: web.Urls.MapIndex(pulumi.String("http"))},
					},
				},
			},
			"metrics": northflank.PortArgs{
				InternalPort: pulumi.Int(9090),
				Protocol:     northflank.ProtocolTCP,
			},
		},
	})
	if err != nil {
		return err
	}

	ctx.Export("web", web.Urls.MapIndex(pulumi.String("http")))
	ctx.Export("api", api.Urls.MapIndex(pulumi.String("http")))
	ctx.Export("metricsInside", api.Addresses.MapIndex(pulumi.String("metrics")))
	return nil
}
