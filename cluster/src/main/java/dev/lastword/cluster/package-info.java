/** Which node has which shard of a cluster, and in which shard a stream is. */
@NullMarked
package dev.lastword.cluster;

import org.jspecify.annotations.NullMarked;
