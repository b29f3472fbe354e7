/**
 * Which node has which shard of a cluster, in which shard a stream is, and what a node decides
 * about both; who asks the store, and on which thread, is another room's.
 */
@NullMarked
package dev.lastword.cluster;

import org.jspecify.annotations.NullMarked;
