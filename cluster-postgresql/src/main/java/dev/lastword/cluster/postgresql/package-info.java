/** The leases of a cluster as rows of PostgreSQL, and a node that keeps its own on them. */
@NullMarked
package dev.lastword.cluster.postgresql;

import org.jspecify.annotations.NullMarked;
