package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the configuration file leaves to others to say: <code>${NAME}</code> is the environment
 * variable, <code>${file:PATH}</code> the content of a file without the line end that it may end
 * with, <code>$${</code> stands for <code>${</code>.
 *
 * <p>What they stand for may be secret: no message holds it.
 */
final class References {
  /** Largest file that is read: a secret is short. */
  static final int FILE_BYTES_MAX = 64 << 10;

  private static final String FILE = "file:";
  private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{([^}]*)(\\}?)");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** Nothing but references that a word may stand before, such as {@code Bearer ${KEY}}. */
  private static final Pattern ALONE = Pattern.compile("([A-Za-z]+ )?(\\$\\{[^}]+\\})+");

  /** In place of a secret that stands in the file itself; it cannot be read again as one. */
  private static final String HIDDEN = "${not shown}";

  private final Map<String, String> environment;

  References(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * A text with what its references stand for in their place.
   *
   * @param where source and key, for messages
   * @throws ConfigException if one of them stands for nothing, and names it
   */
  String resolve(String written, String where) {
    if (!written.contains("${")) {
      return written;
    }
    var out = new StringBuilder();
    var found = REFERENCE.matcher(written);
    while (found.find()) {
      found.appendReplacement(out, "");
      out.append(found.group(1) == null ? "${" : value(found.group(1), found.group(2), where));
    }
    return found.appendTail(out).toString();
  }

  private String value(String name, String end, String where) {
    if (end.isEmpty()) {
      throw new ConfigException(where + ": a '${' has no '}' that ends it");
    }
    var value =
        name.startsWith(FILE)
            ? content(name.substring(FILE.length()), where)
            : variable(name, where);
    if (value.isEmpty()) {
      throw new ConfigException("%s: ${%s} is empty".formatted(where, name));
    }
    return value;
  }

  private String variable(String name, String where) {
    if (!NAME.matcher(name).matches()) {
      throw new ConfigException(
          "%s: ${%s} has to be ${NAME} or ${file:PATH}".formatted(where, name));
    }
    var value = environment.get(name);
    if (value == null) {
      throw new ConfigException(
          "%s: the environment variable %s is not set".formatted(where, name));
    }
    return value;
  }

  private static String content(String file, String where) {
    try (var in = Files.newInputStream(Path.of(file))) {
      var bytes = in.readNBytes(FILE_BYTES_MAX + 1); // what a device says of its size is 0
      if (bytes.length > FILE_BYTES_MAX) {
        throw new ConfigException(
            "%s: the file %s is larger than %d bytes".formatted(where, file, FILE_BYTES_MAX));
      }
      return UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes))
          .toString()
          .replaceFirst("\\R+\\z", "");
    } catch (CharacterCodingException e) {
      throw new ConfigException("%s: the file %s is not UTF-8".formatted(where, file));
    } catch (IOException | InvalidPathException e) {
      throw new ConfigException("%s: cannot read the file %s".formatted(where, file));
    }
  }

  /** A text that has no references, written so that it is read as what it is. */
  static String quoted(String text) {
    return text.replace("${", "$${");
  }

  /** What may be shown of a value that is secret: where it stands, if that is elsewhere. */
  static String shown(String written) {
    return written.isEmpty() || ALONE.matcher(written).matches() ? written : HIDDEN;
  }
}
