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
	credentials := northflank.BasicAuthArray{
		northflank.BasicAuthArgs{
			Username: pulumi.String("ops"),
			Password: config.RequireSecret(ctx, "opsPassword"),
		},
	}

	adminPages := northflank.SecurePathRuleArgs{
		Paths: northflank.SecurePathArray{
			northflank.SecurePathArgs{
				Path:        pulumi.String("/admin"),
				RoutingMode: northflank.RoutingModePrefix,
				Priority:    pulumi.Int(10),
			},
		},
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
						Rules: northflank.SecurePathRuleArray{adminPages},
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
				Domains:      pulumi.ToStringArray([]string{"api.shop.example"}),
				Security: northflank.SecurityArgs{
					VerificationMode: northflank.VerificationModeAnd,
					Credentials:      credentials,
					Policies: northflank.IPRuleArray{
						northflank.IPRuleArgs{
							Action:    northflank.IPRuleActionAllow,
							Addresses: pulumi.ToStringArray([]string{"203.0.113.0/24", "2001:db8::/48"}),
						},
					},
					Headers: northflank.HeaderRuleArray{
						northflank.HeaderRuleArgs{
							Name:  pulumi.String("Origin"),
							Value: web.Urls.MapIndex(pulumi.String("http")),
						},
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
