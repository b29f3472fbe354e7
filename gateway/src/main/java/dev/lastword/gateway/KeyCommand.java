package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.gateway.ApiKeys.ApiKey;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** {@code lastword key}: makes, lists and revokes the gateway's own keys. */
final class KeyCommand implements Command {
  private static final String DATA = "data";
  private static final String OWNER = "owner";
  private static final String ID = "id";
  private static final String ROTATE = "rotate-receipts";

  private final PrintStream out;

  KeyCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "key";
  }

  @Override
  public String summary() {
    return "Makes, lists and revokes the keys that clients show where access.mode is keys;"
        + " rotate-receipts makes another key that signs receipts. A running gateway takes it from"
        + " there within a second.";
  }

  @Override
  public String argument() {
    return "add|list|revoke|rotate-receipts";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ConfigOptions.valued(DATA, "DIR", "The gateway's data directory."))
        .addOption(
            ConfigOptions.valued(
                OWNER, "NAME", "add: whose key it is; keys of one name are one owner."))
        .addOption(ConfigOptions.valued(ID, "ID", "revoke: which key, as list shows it."));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    if (!line.hasOption(DATA)) {
      throw new ConfigException("key needs --data DIR");
    }
    var data = Path.of(line.getOptionValue(DATA));
    if (!Files.isDirectory(data)) {
      throw new ConfigException("there is no directory " + data);
    }
    var verb = line.getArgList().getFirst();
    try {
      switch (verb) {
        case "add" -> add(data, line.getOptionValue(OWNER));
        case "list" -> list(data);
        case "revoke" -> revoke(data, line.getOptionValue(ID));
        case ROTATE -> rotate(data);
        default -> throw new ConfigException("key can add, list, revoke and rotate-receipts");
      }
    } catch (IOException e) {
      var file = verb.equals(ROTATE) ? ReceiptKeys.FILE : ApiKeys.FILE;
      throw new ConfigException("cannot use " + data.resolve(file) + ": " + e.getMessage());
    }
    return 0;
  }

  private void add(Path data, @Nullable String owner) throws IOException {
    if (owner != null && !ApiKeys.NAME.matcher(owner).matches()) {
      throw new ConfigException("--owner needs 1 to 100 of A-Z a-z 0-9 _ . @ + -");
    }
    var made = ApiKeys.make(owner, System.currentTimeMillis());
    ApiKeys.change(
        data,
        keys -> {
          var more = new ArrayList<>(keys);
          more.add(made.key());
          return more;
        });
    out.println(made.text());
  }

  /** What the keys before it have signed can still be checked. */
  private void rotate(Path data) throws IOException {
    out.println(ReceiptKeys.add(data, System.currentTimeMillis()).kid() + " signs from now on");
  }

  private void list(Path data) throws IOException {
    for (var key : ApiKeys.read(data.resolve(ApiKeys.FILE))) {
      out.println(
          "%s %s made %s%s"
              .formatted(
                  key.id(),
                  key.name(),
                  Instant.ofEpochMilli(key.madeMs()),
                  key.isGood() ? "" : " revoked " + Instant.ofEpochMilli(key.revokedMs())));
    }
  }

  private void revoke(Path data, @Nullable String id) throws IOException {
    if (id == null) {
      throw new ConfigException("key revoke needs --id ID");
    }
    long now = System.currentTimeMillis();
    ApiKeys.change(data, keys -> revoked(keys, id, now));
    out.println(id + " is revoked");
  }

  private static List<ApiKey> revoked(List<ApiKey> keys, String id, long nowMs) {
    if (keys.stream().noneMatch(key -> key.id().equals(id) && key.isGood())) {
      throw new ConfigException("there is no key " + id + " that could be revoked");
    }
    return keys.stream()
        .map(
            key ->
                key.id().equals(id) && key.isGood()
                    ? new ApiKey(id, key.name(), key.madeMs(), nowMs, key.hash())
                    : key)
        .toList();
  }
}
