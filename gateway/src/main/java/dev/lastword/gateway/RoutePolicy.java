package dev.lastword.gateway;

import dev.lastword.stream.StreamOptions;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How requests are relayed: what a route may say in place of what holds for all.
 *
 * @param dialects which dialect a response is in
 * @param onDisconnect what becomes of responses whose client does not say
 * @param timeouts how long an upstream may take
 * @param caFile certificates to trust at the upstream, in place of the JDK's
 * @param streams bounds of a response that is kept
 * @param holdMs how long the beginning of an answer is held until its first content
 * @param repeatedBytesMax largest body that a second upstream is asked with
 * @param webSockets whether a request to become one is passed on
 * @param protocol whether its upstreams are asked in HTTP/2
 * @param unattendedMs how long a running response may be without a reader
 * @param bounds what may be there at once on a route, beside what may be on all
 * @param save what answers are saved by
 * @param resume whose clients come back to their answers
 * @param asksUsage whether upstreams of OpenAI chat are asked for usage where clients do not
 */
record RoutePolicy(
    DialectRules dialects,
    OnDisconnect onDisconnect,
    UpstreamTimeouts timeouts,
    Optional<Path> caFile,
    StreamOptions streams,
    long holdMs,
    int repeatedBytesMax,
    boolean webSockets,
    UpstreamProtocol protocol,
    long unattendedMs,
    RouteQuotas.Bounds bounds,
    SaveRules save,
    ResumeKind resume,
    boolean asksUsage) {}
