package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Changes a {@link JsonTree} by a JSON Patch (RFC 6902): all of its operations, or, if one cannot
 * be done, none.
 */
final class JsonPatch {
  private final List<Runnable> undo = new ArrayList<>();
  private final Bounds bounds;
  private Object root;

  private JsonPatch(Object root, Bounds bounds) {
    this.root = root;
    this.bounds = bounds;
  }

  /**
   * What all patches of one answer may make of it. An operation of a few bytes can double a tree,
   * or put it deeper into itself: one that would go over a bound cannot be done.
   */
  static final class Bounds {
    private static final long COPIED_MAX = 1 << 20;
    private static final long LOOKED_AT_MAX = 256L << 20;

    private long copied;
    private long lookedAt;

    private Object copy(Object value) {
      long size = JsonTree.size(value);
      if (copied + size > COPIED_MAX) {
        throw new Impossible();
      }
      copied += size;
      return JsonTree.copy(value);
    }

    /** What is moved has to be looked at whole, to see how deep it gets. */
    private Object moved(Object value) {
      lookedAt += JsonTree.size(value);
      if (lookedAt > LOOKED_AT_MAX) {
        throw new Impossible();
      }
      return value;
    }
  }

  /**
   * The tree after the patch, which may be the same one changed; the tree as it was if it fails.
   */
  static Object apply(Object tree, List<Object> operations, Bounds bounds) {
    var patch = new JsonPatch(tree, bounds);
    try {
      operations.forEach(operation -> patch.apply(JsonTree.members(operation)));
      return patch.root;
    } catch (Impossible e) {
      patch.undo.reversed().forEach(Runnable::run);
      return tree;
    }
  }

  /** An operation that cannot be done. */
  private static final class Impossible extends RuntimeException {
    private static final long serialVersionUID = 1;

    Impossible() {
      super("a patch that does not fit", null, false, false);
    }
  }

  private void apply(Map<String, Object> operation) {
    var path = path(operation, "path");
    switch (JsonTree.text(operation, "op")) {
      case "add" -> add(path, value(operation));
      case "remove" -> remove(path);
      case "replace" -> replace(path, value(operation));
      case "move" -> add(path, bounds.moved(remove(path(operation, "from"))));
      case "copy" -> add(path, bounds.copy(get(path(operation, "from"))));
      case "test" -> {
        if (!get(path).equals(value(operation))) {
          throw new Impossible();
        }
      }
      default -> throw new Impossible();
    }
  }

  private static Object value(Map<String, Object> operation) {
    var value = operation.get("value");
    if (value == null) {
      throw new Impossible();
    }
    return JsonTree.copy(value);
  }

  private static void checkDepth(List<String> path, Object value) {
    if (path.size() + JsonTree.depth(value) > Json.DEPTH_MAX) {
      throw new Impossible();
    }
  }

  private static List<String> path(Map<String, Object> operation, String name) {
    var pointer = operation.get(name) instanceof String text ? text : "?";
    if (!pointer.isEmpty() && !pointer.startsWith("/")) {
      throw new Impossible();
    }
    return pointer.isEmpty()
        ? List.of()
        : List.of(pointer.substring(1).split("/", -1)).stream()
            .map(token -> token.replace("~1", "/").replace("~0", "~"))
            .toList();
  }

  private Object get(List<String> path) {
    var at = root;
    for (var token : path) {
      at = child(at, token);
    }
    return at;
  }

  private static Object child(Object parent, String token) {
    if (parent instanceof List<?> list) {
      return JsonTree.elements(list).get(index(token, list.size() - 1));
    }
    var member = JsonTree.members(parent).get(token);
    if (member == null) {
      throw new Impossible();
    }
    return member;
  }

  private static int index(String token, int max) {
    boolean number =
        !token.isEmpty()
            && token.length() <= 9
            && token.chars().allMatch(c -> c >= '0' && c <= '9')
            && (token.length() == 1 || token.charAt(0) != '0');
    int index = number ? Integer.parseInt(token) : Integer.MAX_VALUE;
    if (index > max) {
      throw new Impossible();
    }
    return index;
  }

  private void add(List<String> path, Object value) {
    checkDepth(path, value);
    if (path.isEmpty()) {
      root = value; // the caller keeps the tree that was
      return;
    }
    var parent = get(path.subList(0, path.size() - 1));
    var token = path.getLast();
    if (parent instanceof List<?> list) {
      var elements = JsonTree.elements(list);
      int at = token.equals("-") ? elements.size() : index(token, elements.size());
      elements.add(at, value);
      undo.add(() -> elements.remove(at));
    } else if (parent instanceof Map<?, ?> map) {
      put(JsonTree.members(map), token, value);
    } else {
      throw new Impossible();
    }
  }

  private void put(Map<String, Object> members, String name, Object value) {
    var before = members.put(name, value);
    undo.add(
        () -> {
          if (before == null) {
            members.remove(name);
          } else {
            members.put(name, before);
          }
        });
  }

  private Object remove(List<String> path) {
    if (path.isEmpty()) {
      throw new Impossible();
    }
    var parent = get(path.subList(0, path.size() - 1));
    var token = path.getLast();
    if (parent instanceof List<?> list) {
      var elements = JsonTree.elements(list);
      int at = index(token, elements.size() - 1);
      var removed = elements.remove(at);
      undo.add(() -> elements.add(at, removed));
      return removed;
    }
    var members = JsonTree.members(parent);
    var removed = members.remove(token);
    if (removed == null) {
      throw new Impossible();
    }
    undo.add(() -> members.put(token, removed));
    return removed;
  }

  private void replace(List<String> path, Object value) {
    checkDepth(path, value);
    if (path.isEmpty()) {
      root = value;
      return;
    }
    var parent = get(path.subList(0, path.size() - 1));
    var token = path.getLast();
    if (parent instanceof List<?> list) {
      var elements = JsonTree.elements(list);
      int at = index(token, elements.size() - 1);
      var before = elements.set(at, value);
      undo.add(() -> elements.set(at, before));
    } else {
      child(parent, token);
      put(JsonTree.members(parent), token, value);
    }
  }
}
