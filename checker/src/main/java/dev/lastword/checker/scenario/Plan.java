package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.verify.Verification;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What is checked, and how.
 *
 * @param request the request whose response is the event stream
 * @param steps requests before it, by name, such as a login; their cookies go with it
 * @param answers how its end and its text are told
 * @param verification where to look for what was saved; empty if nothing was said about it
 * @param resume where a stream is read again; empty if nothing was said about it
 * @param means what else was said about the endpoint
 * @param runs how often a race is tried
 * @param patience how long after a response would be over its answer may still appear
 * @param clients real clients to try
 */
public record Plan(
    RequestTemplate request,
    Map<String, RequestTemplate> steps,
    Answers answers,
    Optional<Verification> verification,
    Optional<Template> resume,
    Means means,
    int runs,
    Duration patience,
    Clients clients) {
  /** This plan, with what a response has shown about its form. */
  Plan with(Answers shown) {
    return new Plan(request, steps, shown, verification, resume, means, runs, patience, clients);
  }
}
