# command.t: COMMAND and its subcommands. The whole tables are compared with Redis's elsewhere; here are
# the shapes.

# INFO: ten elements
> COMMAND INFO get
< *1
<   *10
<     "get"
<     :2
<     *2
<       +readonly
<       +fast
<     :1
<     :1
<     :1
<     *3
<       +@read
<       +@string
<       +@fast
<     *0
<     *1
<       *6
<         "flags"
<         *2
<           +RO
<           +access
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :1
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     *0
> COMMAND INFO GET nosuch get|x config|nosuch
< *4
<   *10
<     "get"
<     :2
<     *2
<       +readonly
<       +fast
<     :1
<     :1
<     :1
<     *3
<       +@read
<       +@string
<       +@fast
<     *0
<     *1
<       *6
<         "flags"
<         *2
<           +RO
<           +access
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :1
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     *0
<   $-1
<   $-1
<   $-1
> COMMAND INFO mset
< *1
<   *10
<     "mset"
<     :-3
<     *2
<       +write
<       +denyoom
<     :1
<     :-1
<     :2
<     *3
<       +@write
<       +@string
<       +@slow
<     *2
<       "request_policy:multi_shard"
<       "response_policy:all_succeeded"
<     *1
<       *6
<         "flags"
<         *2
<           +OW
<           +update
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :1
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :-1
<             "keystep"
<             :2
<             "limit"
<             :0
<     *0
> COMMAND INFO rename
< *1
<   *10
<     "rename"
<     :3
<     *1
<       +write
<     :1
<     :2
<     :1
<     *3
<       +@keyspace
<       +@write
<       +@slow
<     *0
<     *2
<       *6
<         "flags"
<         *3
<           +RW
<           +access
<           +delete
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :1
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<       *6
<         "flags"
<         *2
<           +OW
<           +update
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :2
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     *0
> COMMAND INFO config|get
< *1
<   *10
<     "config|get"
<     :-3
<     *4
<       +admin
<       +noscript
<       +loading
<       +stale
<     :0
<     :0
<     :0
<     *3
<       +@admin
<       +@slow
<       +@dangerous
<     *0
<     *0
<     *0
> COMMAND INFO lpop
< *1
<   *10
<     "lpop"
<     :-2
<     *2
<       +write
<       +fast
<     :1
<     :1
<     :1
<     *3
<       +@write
<       +@list
<       +@fast
<     *0
<     *1
<       *6
<         "flags"
<         *3
<           +RW
<           +access
<           +delete
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :1
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     *0
> COMMAND INFO time role shutdown
< *3
<   *10
<     "time"
<     :1
<     *3
<       +loading
<       +stale
<       +fast
<     :0
<     :0
<     :0
<     *1
<       +@fast
<     *1
<       "nondeterministic_output"
<     *0
<     *0
<   *10
<     "role"
<     :1
<     *4
<       +noscript
<       +loading
<       +stale
<       +fast
<     :0
<     :0
<     :0
<     *3
<       +@admin
<       +@fast
<       +@dangerous
<     *0
<     *0
<     *0
<   *10
<     "shutdown"
<     :-1
<     *6
<       +admin
<       +noscript
<       +loading
<       +stale
<       +no_multi
<       +allow_busy
<     :0
<     :0
<     :0
<     *3
<       +@admin
<       +@slow
<       +@dangerous
<     *0
<     *0
<     *0
> COMMAND INFO memory|usage
< *1
<   *10
<     "memory|usage"
<     :-3
<     *1
<       +readonly
<     :2
<     :2
<     :1
<     *2
<       +@read
<       +@slow
<     *0
<     *1
<       *6
<         "flags"
<         *1
<           +RO
<         "begin_search"
<         *4
<           "type"
<           "index"
<           "spec"
<           *2
<             "index"
<             :2
<         "find_keys"
<         *4
<           "type"
<           "range"
<           "spec"
<           *6
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     *0
> COMMAND INFO latency
< *1
<   *10
<     "latency"
<     :-2
<     *0
<     :0
<     :0
<     :0
<     *1
<       +@slow
<     *0
<     *0
<     *7 unordered
<       ?
<       ?
<       ?
<       ?
<       ?
<       ?
<       ?
> COMMAND COUNT
< :100..500
> COMMAND
< all
<   ?

# LIST and its filters
> COMMAND LIST FILTERBY MODULE nosuch
< *0
> COMMAND LIST FILTERBY ACLCAT nosuch
< *0
> COMMAND LIST FILTERBY PATTERN nosuch*
< *0
> COMMAND LIST FILTERBY PATTERN confi
< *0
> COMMAND LIST FILTERBY PATTERN GETRANGE
< *1
<   "getrange"
> COMMAND LIST FILTERBY PATTERN config*
< *6 unordered
<   "config"
<   "config|get"
<   "config|set"
<   "config|resetstat"
<   "config|rewrite"
<   "config|help"
> COMMAND LIST FILTERBY x y
< -ERR syntax error
> COMMAND LIST FILTERBY
< -ERR syntax error
> COMMAND LIST FILTERBY PATTERN
< -ERR syntax error
> COMMAND LIST FILTERBY PATTERN a b
< -ERR syntax error
> COMMAND LIST nosuch
< -ERR syntax error

# GETKEYS
> COMMAND GETKEYS set a b
< *1
<   "a"
> COMMAND GETKEYS mset a 1 b 2
< *2
<   "a"
<   "b"
> COMMAND GETKEYS MSET a 1
< *1
<   "a"
> COMMAND GETKEYS rename a b
< *2
<   "a"
<   "b"
> COMMAND GETKEYS del a b c
< *3
<   "a"
<   "b"
<   "c"
> COMMAND GETKEYS lmove a b left right
< *2
<   "a"
<   "b"
> COMMAND GETKEYS object encoding x
< *1
<   "x"
> COMMAND GETKEYS memory usage x
< *1
<   "x"
> COMMAND GETKEYS sintercard 2 a b
< *2
<   "a"
<   "b"
> COMMAND GETKEYS sintercard 3 a b
< -ERR Invalid arguments specified for command
> COMMAND GETKEYS sintercard x a b
< -ERR Invalid arguments specified for command
> COMMAND GETKEYS nosuch a
< -ERR Invalid command specified
> COMMAND GETKEYS object nosuch x
< -ERR Invalid command specified
> COMMAND GETKEYS get a b
< -ERR Invalid number of arguments specified for command
> COMMAND GETKEYS config get x
< -ERR The command has no key arguments
> COMMAND GETKEYS
< -ERR wrong number of arguments for 'command|getkeys' command
> COMMAND GETKEYSANDFLAGS rename a b
< *2
<   *2
<     "a"
<     *3
<       +RW
<       +access
<       +delete
<   *2
<     "b"
<     *2
<       +OW
<       +update
> COMMAND GETKEYSANDFLAGS del a b
< *2
<   *2
<     "a"
<     *2
<       +RM
<       +delete
<   *2
<     "b"
<     *2
<       +RM
<       +delete
> COMMAND GETKEYSANDFLAGS lmove a b left right
< *2
<   *2
<     "a"
<     *3
<       +RW
<       +access
<       +delete
<   *2
<     "b"
<     *2
<       +RW
<       +insert
# What SET and BITFIELD do to their key depends on their options.
> COMMAND GETKEYSANDFLAGS SET k v
< *1
<   *2
<     "k"
<     *2
<       +OW
<       +update
> COMMAND GETKEYSANDFLAGS SET k v EX 10
< *1
<   *2
<     "k"
<     *2
<       +OW
<       +update
> COMMAND GETKEYSANDFLAGS SET k get
< *1
<   *2
<     "k"
<     *2
<       +OW
<       +update
> COMMAND GETKEYSANDFLAGS SET k v EX 10 get
< *1
<   *2
<     "k"
<     *3
<       +RW
<       +access
<       +update
> COMMAND GETKEYSANDFLAGS BITFIELD k
< *1
<   *2
<     "k"
<     *2
<       +RO
<       +access
> COMMAND GETKEYSANDFLAGS BITFIELD k OVERFLOW SAT GET u8 0 get i5 7
< *1
<   *2
<     "k"
<     *2
<       +RO
<       +access
> COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1
< *1
<   *2
<     "k"
<     *3
<       +RW
<       +access
<       +update
> COMMAND GETKEYSANDFLAGS BITFIELD k GET u8
< *1
<   *2
<     "k"
<     *3
<       +RW
<       +access
<       +update
> COMMAND GETKEYSANDFLAGS BITFIELD k OVERFLOW
< *1
<   *2
<     "k"
<     *3
<       +RW
<       +access
<       +update

@since 8.4
> COMMAND GETKEYSANDFLAGS SET k v IFEQ x
< *1
<   *2
<     "k"
<     *3
<       +RW
<       +access
<       +update

> COMMAND GETKEYSANDFLAGS nosuch x
< -ERR Invalid command specified

# DOCS
> COMMAND DOCS nosuch
< *0
> COMMAND DOCS get
< *2
<   "get"
<   *10
<     "summary"
<     ?
<     "since"
<     "1.0.0"
<     "group"
<     "string"
<     "complexity"
<     ?
<     "arguments"
<     ?
> COMMAND DOCS config|set nosuch
< *2
<   "config|set"
<   *12
<     "summary"
<     ?
<     "since"
<     "2.0.0"
<     "group"
<     "server"
<     "complexity"
<     ?
<     "history"
<     *1
<       *2
<         "7.0.0"
<         ?
<     "arguments"
<     ?
> COMMAND DOCS getset
< *2
<   "getset"
<   *16
<     "summary"
<     ?
<     "since"
<     "1.0.0"
<     "group"
<     "string"
<     "complexity"
<     ?
<     "doc_flags"
<     *1
<       +deprecated
<     "deprecated_since"
<     "6.2.0"
<     "replaced_by"
<     ?
<     "arguments"
<     ?

# An argument tree: what 7.2 adds is display_text.
@since 7.2
> COMMAND DOCS expire
< *2
<   "expire"
<   *
<     "summary"
<     ?
<     "since"
<     "1.0.0"
<     "group"
<     "generic"
<     "complexity"
<     ?
<     "history"
<     ?
<     "arguments"
<     *3
<       *8
<         "name"
<         "key"
<         "type"
<         "key"
<         "display_text"
<         "key"
<         "key_spec_index"
<         :0
<       *6
<         "name"
<         "seconds"
<         "type"
<         "integer"
<         "display_text"
<         "seconds"
<       *8
<         "name"
<         "condition"
<         "type"
<         "oneof"
<         "flags"
<         *1
<           +optional
<         "arguments"
<         *4
<           *8
<             "name"
<             "nx"
<             "type"
<             "pure-token"
<             "display_text"
<             "nx"
<             "token"
<             "NX"
<           ?
<           ?
<           ?

# The rest
> COMMAND NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP.
> COMMAND COUNT x
< -ERR wrong number of arguments for 'command|count' command
> COMMAND HELP
< *21
<   +COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +(no subcommand)
<   +"    Return details about all Redis commands."
<   +COUNT
<   +"    Return the total number of commands in this Redis server."
<   +LIST
<   +"    Return a list of all commands in this Redis server."
<   +INFO [<command-name> ...]
<   +"    Return details about multiple Redis commands."
<   +"    If no command names are given, documentation details for all"
<   +"    commands are returned."
<   +DOCS [<command-name> ...]
<   +"    Return documentation details about multiple Redis commands."
<   +"    If no command names are given, documentation details for all"
<   +"    commands are returned."
<   +GETKEYS <full-command>
<   +"    Return the keys from a full Redis command."
<   +GETKEYSANDFLAGS <full-command>
<   +"    Return the keys and the access flags from a full Redis command."
<   +HELP
<   +"    Prints this help."
> COMMAND HELP x
< -ERR wrong number of arguments for 'command|help' command

@resp 3
> COMMAND INFO get
< *1
<   *10
<     "get"
<     :2
<     ~2
<       +readonly
<       +fast
<     :1
<     :1
<     :1
<     ~3
<       +@read
<       +@string
<       +@fast
<     ~0
<     ~1
<       %3
<         "flags"
<         ~2
<           +RO
<           +access
<         "begin_search"
<         %2
<           "type"
<           "index"
<           "spec"
<           %1
<             "index"
<             :1
<         "find_keys"
<         %2
<           "type"
<           "range"
<           "spec"
<           %3
<             "lastkey"
<             :0
<             "keystep"
<             :1
<             "limit"
<             :0
<     ~0
> COMMAND INFO nosuch
< *1
<   _
> COMMAND DOCS nosuch
< %0
> COMMAND GETKEYSANDFLAGS del a
< *1
<   *2
<     "a"
<     ~2
<       +RM
<       +delete
> COMMAND LIST FILTERBY PATTERN getrange
< *1
<   "getrange"
> COMMAND DOCS memory
< %1
<   "memory"
<   %5
<     "summary"
<     ?
<     "since"
<     "4.0.0"
<     "group"
<     "server"
<     "complexity"
<     ?
<     "subcommands"
<     %6
<       ...

> COMMAND DOCS pfselftest
< %1
<   "pfselftest"
<   %5
<     "summary"
<     ?
<     "since"
<     "2.8.9"
<     "group"
<     "hyperloglog"
<     "complexity"
<     "N/A"
<     "doc_flags"
<     ~1
<       +syscmd
