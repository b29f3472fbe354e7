package dev.lastword.checker.scenario;

import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was said about an endpoint beside its request: each makes a check applicable, or sharper.
 *
 * @param complete how the verification shows that an answer is taken for complete
 * @param stop the request that stops a generation
 * @param failing a request whose generation fails
 * @param silent a request whose answer falls silent for long in its middle
 * @param idempotencyHeader name of the header under which a request is sent again
 * @param others headers of another user, in place of the request's own
 * @param killCommand shell command that kills the server
 * @param restartCommand shell command that starts it again
 * @param readers how many read at the same time
 * @param silenceMax the longest silence that is right
 */
public record Means(
    Optional<CompleteMark> complete,
    Optional<RequestTemplate> stop,
    Optional<RequestTemplate> failing,
    Optional<RequestTemplate> silent,
    Optional<String> idempotencyHeader,
    List<Map.Entry<String, Template>> others,
    Optional<Template> killCommand,
    Optional<Template> restartCommand,
    int readers,
    Duration silenceMax) {}
