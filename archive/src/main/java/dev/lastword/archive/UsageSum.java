package dev.lastword.archive;

import java.util.List;
import java.util.Optional;

/**
 * What some responses took together. A sum counts what upstreams have said: a response that says
 * nothing adds nothing, and is counted as unknown.
 *
 * @param group their names in the order of the query, empty for those that have none
 * @param responses how many there are
 * @param unknown of how many the upstream said neither tokens in nor out
 */
public record UsageSum(
    List<Optional<String>> group,
    long responses,
    long unknown,
    long tokensIn,
    long tokensOut,
    long tokensCached,
    long tokensReasoning) {}
