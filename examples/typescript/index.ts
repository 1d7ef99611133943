// The ports of two Northflank services.

import * as pulumi from "@pulumi/pulumi";
import * as northflank from "@nf-ports/northflank";

const credentials = { ops: { password: new pulumi.Config().requireSecret("opsPassword") } };

const webPorts = new northflank.ServicePorts("web", {
    projectId: "shop",
    serviceId: "web",
    ports: {
        http: {
            internalPort: 3000,
            protocol: "HTTP",
            public: true,
            security: {
                securePathConfiguration: {
                    rules: {
                        "prefix /admin": {
                            priority: 10,
                            accessMode: "protected",
                            securityPolicies: { requiredPolicies: { credentials } },
                        },
                    },
                },
            },
        },
    },
});

const apiPorts = new northflank.ServicePorts("api", {
    projectId: "shop",
    serviceId: "api",
    ports: {
        http: {
            internalPort: 8080,
            protocol: "HTTP",
            public: true,
            domains: { "api.shop.example": true },
            security: {
                verificationMode: "and",
                credentials,
                policies: { ALLOW: { "203.0.113.0/24": true, "2001:db8::/48": true } },
                headers: { Origin: { value: webPorts.urls["http"] } },
            },
        },
        metrics: { internalPort: 9090, protocol: "TCP" },
    },
});

export const web = webPorts.urls["http"];
export const api = apiPorts.urls["http"];
export const metricsInside = apiPorts.addresses["metrics"];
