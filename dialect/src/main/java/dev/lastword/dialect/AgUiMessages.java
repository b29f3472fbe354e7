package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The messages of AG-UI runs, in the order in which its client keeps them. */
final class AgUiMessages {
  /** Messages that are kept. */
  private static final int SIZE_MAX = 10_000;

  private final List<Map<String, Object>> list = new ArrayList<>();
  private final Map<String, Map<String, Object>> byId = new HashMap<>();

  /** The tool calls of assistants, by id, and the message that each stands in. */
  private final Map<String, Map<String, Object>> calls = new HashMap<>();

  private final Map<String, Map<String, Object>> owners = new HashMap<>();

  Optional<Map<String, Object>> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  Optional<Map<String, Object>> call(String id) {
    return Optional.ofNullable(calls.get(id));
  }

  /** Adds a message unless one of its id is there. */
  void add(Map<String, Object> message) {
    add(list.size(), message);
  }

  private void add(int at, Map<String, Object> message) {
    if (list.size() < SIZE_MAX && byId.putIfAbsent(id(message), message) == null) {
      list.add(at, message);
      knowCalls(message);
    }
  }

  private void knowCalls(Map<String, Object> message) {
    for (var call : JsonTree.elements(message.getOrDefault("toolCalls", List.of()))) {
      var members = JsonTree.members(call);
      calls.putIfAbsent(id(members), members);
      owners.putIfAbsent(id(members), message);
    }
  }

  private static String id(Map<String, Object> members) {
    return JsonTree.text(members, "id");
  }

  private static String role(Map<String, Object> message) {
    return JsonTree.text(message, "role");
  }

  /** A message that grows by text; empty if the id is an activity's, which has none. */
  Optional<Map<String, Object>> growing(String id, String role) {
    if (!byId.containsKey(id)) {
      var message = new LinkedHashMap<String, Object>();
      message.put("id", id);
      message.put("role", role);
      message.put("content", "");
      add(message);
    }
    return find(id).filter(message -> !role(message).equals("activity"));
  }

  /** Appends to what a member of a message, or of a call's function, has grown to. */
  static void append(Map<String, Object> members, String name, String more) {
    if (members.get(name) instanceof StringBuilder grown) {
      grown.append(more);
    } else {
      var grown = new StringBuilder(JsonTree.text(members, name));
      members.put(name, grown.append(more));
    }
  }

  /** Begins a call, in its parent where that is an assistant's message, or in one of its own. */
  void beginCall(String id, String name, String parent) {
    var known = calls.get(id);
    if (known != null) {
      JsonTree.members(known.computeIfAbsent("function", absent -> new LinkedHashMap<>()))
          .put("name", name);
      return;
    }
    var named = byId.get(parent);
    boolean itsParent = named != null && role(named).equals("assistant");
    var owner = itsParent ? named : assistant(parent.isEmpty() || named != null ? id : parent);
    if (owner == null) {
      return;
    }
    var function = new LinkedHashMap<String, Object>();
    function.put("name", name);
    function.put("arguments", "");
    var call = new LinkedHashMap<String, Object>();
    call.put("id", id);
    call.put("type", "function");
    call.put("function", function);
    if (!(owner.get("toolCalls") instanceof List<?>)) {
      owner.put("toolCalls", new ArrayList<Object>());
    }
    JsonTree.elements(owner.getOrDefault("toolCalls", List.of())).add(call);
    knowCalls(owner);
  }

  private @Nullable Map<String, Object> assistant(String id) {
    var message = new LinkedHashMap<String, Object>();
    message.put("id", id);
    message.put("role", "assistant");
    add(message);
    return byId.get(id);
  }

  /** Puts a tool's result behind the message that called it, and behind its other results. */
  void addResult(Map<String, Object> result) {
    var owner = owners.get(JsonTree.text(result, "toolCallId"));
    int at = owner == null ? list.size() : list.indexOf(owner) + 1;
    while (owner != null && at < list.size() && role(list.get(at)).equals("tool")) {
      at++;
    }
    add(at, result);
  }

  /** Puts a message in the place of the one that has its id, or at the end. */
  void put(Map<String, Object> message) {
    var before = byId.get(id(message));
    if (before == null) {
      add(message);
    } else {
      byId.put(id(message), message);
      list.set(indexOf(before), message);
      knowCalls(message);
    }
  }

  @SuppressWarnings("ReferenceEquality") // two messages may be equal
  private int indexOf(Map<String, Object> message) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i) == message) {
        return i;
      }
    }
    throw new IllegalStateException("a message that is known and not there");
  }

  /**
   * Takes a snapshot: what it has replaces or joins what is there, and what it leaves out is gone,
   * but for activities and reasoning that a server may not keep, if the snapshot has none of their
   * kind.
   */
  void snapshot(List<Map<String, Object>> all) {
    var ids = all.stream().map(AgUiMessages::id).collect(Collectors.toCollection(HashSet::new));
    var roles = all.stream().map(AgUiMessages::role).collect(Collectors.toSet());
    list.removeIf(
        message -> {
          var role = role(message);
          boolean stays =
              ids.contains(id(message))
                  || ((role.equals("activity") || role.equals("reasoning"))
                      && !roles.contains(role));
          if (!stays) {
            byId.remove(id(message));
          }
          return !stays;
        });
    calls.clear();
    owners.clear();
    all.forEach(this::put);
    list.forEach(this::knowCalls);
  }

  List<Map<String, Object>> list() {
    return list;
  }
}
