package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Ended;
import dev.lastword.archive.TokenCounts;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageQuery.By;
import dev.lastword.archive.UsageSum;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sums of a ledger in memory. */
final class UsageSums {
  private UsageSums() {}

  static List<UsageSum> of(Collection<Ended> ledger, UsageQuery query) {
    var groups = new TreeMap<List<Optional<String>>, List<Ended>>(UsageSums::compare);
    if (query.by().isEmpty()) {
      groups.put(List.of(), new ArrayList<>());
    }
    for (var ended : ledger) {
      if (matches(ended, query)) {
        var group = query.by().stream().map(by -> name(ended, by)).toList();
        groups.computeIfAbsent(group, first -> new ArrayList<>()).add(ended);
      }
    }
    return groups.entrySet().stream()
        .limit(query.limit())
        .map(group -> sum(group.getKey(), group.getValue()))
        .toList();
  }

  private static int compare(List<Optional<String>> one, List<Optional<String>> other) {
    for (int i = 0; i < one.size(); i++) {
      int order =
          Comparator.comparing(Optional<String>::isPresent)
              .thenComparing(name -> name.orElse(""))
              .compare(one.get(i), other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static boolean matches(Ended ended, UsageQuery query) {
    var stream = ended.stream();
    var owner = query.owner();
    return (owner == null || owner.equals(stream.attributes().getOrDefault(Archive.OWNER, "")))
        && (query.fromMs() == null || stream.endedMs() >= query.fromMs())
        && (query.toMs() == null || stream.endedMs() < query.toMs());
  }

  private static Optional<String> name(Ended ended, By by) {
    var attributes = ended.stream().attributes();
    var outcome = ended.stream().outcome();
    return Optional.ofNullable(
        switch (by) {
          case OWNER -> attributes.get(Archive.OWNER);
          case TENANT -> attributes.get(Archive.TENANT);
          case ROUTE -> attributes.get(Archive.ROUTE);
          case MODEL -> attributes.get(Archive.MODEL);
          case DIALECT -> attributes.get(Archive.DIALECT);
          case OUTCOME -> outcome == null ? null : outcome.word();
          case DAY ->
              Instant.ofEpochMilli(ended.stream().endedMs())
                  .atZone(ZoneOffset.UTC)
                  .toLocalDate()
                  .toString();
        });
  }

  private static UsageSum sum(List<Optional<String>> group, List<Ended> all) {
    return new UsageSum(
        group,
        all.size(),
        all.stream().filter(e -> e.tokens().in() == null && e.tokens().out() == null).count(),
        total(all, TokenCounts::in),
        total(all, TokenCounts::out),
        total(all, TokenCounts::cached),
        total(all, TokenCounts::reasoning));
  }

  private static long total(List<Ended> all, Function<TokenCounts, @Nullable Long> part) {
    long total = 0;
    for (var ended : all) {
      var count = part.apply(ended.tokens());
      total += count == null ? 0 : count;
    }
    return total;
  }
}
