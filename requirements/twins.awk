# Gives every entry with extras a plain twin: pip, asked for hashes, takes `sqlalchemy[asyncio]==` for another thing
# than `sqlalchemy==`, and would look for a newer release of the one that is not pinned.
/^[a-z0-9]/ { if (plain != "") printf "%s", plain; plain = "" }
/^[a-z0-9._-]+\[/ { both = 1 } /^[a-z0-9._-]+==/ { both = 0 }
{ print; if (both) { line = $0; sub(/\[[^]]*\]/, "", line); plain = plain line "\n" } }
END { printf "%s", plain }
