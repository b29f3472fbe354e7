package dev.lastword.gateway;

import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavePolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What answers of a route are saved by.
 *
 * @param hooks names of the hooks that have to acknowledge; none where the journal is the save
 * @param policy when readers are told
 * @param facts what hooks are told of the request
 */
record SaveRules(List<String> hooks, SavePolicy policy, List<RequestFact> facts) {
  /**
   * What is written down of it with a stream: a restart calls the same hooks.
   *
   * @param body what was kept of the request's body
   */
  Map<String, String> attributes(RequestHead request, byte[] body) {
    if (hooks.isEmpty()) {
      return Map.of();
    }
    var attributes = new HashMap<String, String>();
    attributes.put(Attributes.SAVE, String.join(",", hooks));
    attributes.put(Attributes.SAVE_POLICY, policy.word());
    RequestFact.of(facts, request.headers(), body)
        .forEach((name, value) -> attributes.put(Attributes.FACT + name, value));
    return attributes;
  }
}
