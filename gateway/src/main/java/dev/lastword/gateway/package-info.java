/** The gateway: HTTP server, relay, streams API, configuration, main. */
@NullMarked
package dev.lastword.gateway;

import org.jspecify.annotations.NullMarked;
