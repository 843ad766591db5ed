/* errors.h: the texts that command handlers send, as clients know them from Redis.
 *
 * Here is what more than one handler says, or what clients match on. What the argument helpers of
 * core/call.h send (syntax, integers, WRONGTYPE, ...) is theirs and not repeated. */
#ifndef ASHLAR_SERVER_COMMANDS_ERRORS_H
#define ASHLAR_SERVER_COMMANDS_ERRORS_H

/* Keys and databases */
#define ERR_NO_KEY       "ERR no such key"
#define ERR_SAME_OBJECT  "ERR source and destination objects are the same"
#define ERR_DB_RANGE     "ERR DB index is out of range"

/* Connections */
#define ERR_CLIENT_NAME \
    "ERR Client names cannot contain spaces, newlines or special characters."

/* Numbers */
#define ERR_NOT_INTEGER   "ERR value is not an integer or out of range"
#define ERR_NOT_FLOAT     "ERR value is not a valid float"
#define ERR_NOT_POSITIVE  "ERR value is out of range, must be positive"
#define ERR_INDEX_RANGE   "ERR index out of range"
#define ERR_OFFSET_RANGE  "ERR offset is out of range"
#define ERR_OVERFLOW      "ERR increment or decrement would overflow"
#define ERR_DECR_OVERFLOW "ERR decrement would overflow"
#define ERR_INCREMENT_NAN "ERR increment would produce NaN or Infinity"
#define ERR_NAN_OR_INF    "ERR value is NaN or Infinity"

/* Sizes */
#define ERR_STRING_TOO_LONG "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
#define ERR_NO_MEMORY       "OOM not enough memory for the value"

/* Compared strings */
#define ERR_DIGEST          "ERR must be exactly 16 hexadecimal characters"
#define ERR_DELEX_CONDITION "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"
#define ERR_DELEX_TYPE      "ERR Key should be of string type if conditions are specified"
#define ERR_NUMKEYS_INVALID "ERR invalid numkeys value"
#define ERR_PAIRS           "ERR wrong number of key-value pairs"

/* Bits */
#define ERR_BIT_OFFSET "ERR bit offset is not an integer or out of range"
#define ERR_BIT        "ERR bit is not an integer or out of range"
#define ERR_BITPOS_BIT "ERR The bit argument must be 1 or 0."
#define ERR_BITOP_NOT  "ERR BITOP NOT must be called with a single source key."
#define ERR_BITFIELD_TYPE \
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but " \
    "i64 is."
#define ERR_BITFIELD_OVERFLOW "ERR Invalid OVERFLOW type specified"
#define ERR_BITFIELD_RO       "ERR BITFIELD_RO only supports the GET subcommand"

/* HyperLogLogs */
#define ERR_HLL_TYPE    "WRONGTYPE Key is not a valid HyperLogLog string value."
#define ERR_HLL_CORRUPT "INVALIDOBJ Corrupted HLL object detected"

/* Places */
#define ERR_GEO_UNIT   "ERR unsupported unit provided. please use M, KM, FT, MI"
#define ERR_GEO_MEMBER "ERR could not decode requested zset member"

/* Sorting */
#define ERR_SORT_NUMBER "ERR One or more scores can't be converted into double"

/* Lists */
#define ERR_LPOS_RANK \
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use " \
    "negative to start from the end of the list"
#define ERR_LPOS_COUNT  "ERR COUNT can't be negative"
#define ERR_LPOS_MAXLEN "ERR MAXLEN can't be negative"

/* Several keys */
#define ERR_NUMKEYS_ZERO  "ERR numkeys should be greater than 0"
#define ERR_NUMKEYS_RANGE "ERR Number of keys can't be greater than number of args"
#define ERR_COUNT_ZERO    "ERR count should be greater than 0"
#define ERR_LIMIT_NEGATIVE "ERR LIMIT can't be negative"

/* Sorted sets */
#define ERR_WEIGHT        "ERR weight value is not a float"
#define ERR_SCORE_RANGE   "ERR min or max is not a float"
#define ERR_LEX_RANGE     "ERR min or max not valid string range item"
#define ERR_ZADD_XX_NX    "ERR XX and NX options at the same time are not compatible"
#define ERR_ZADD_GT_LT_NX "ERR GT, LT, and/or NX options at the same time are not compatible"
#define ERR_ZADD_INCR     "ERR INCR option supports a single increment-element pair"
#define ERR_SCORE_NAN     "ERR resulting score is not a number (NaN)"
#define ERR_ZRANGE_LIMIT \
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
#define ERR_ZRANGE_WITHSCORES "ERR syntax error, WITHSCORES not supported in combination with BYLEX"

/* Streams */
#define ERR_STREAM_ID "ERR Invalid stream ID specified as stream command argument"

/* Expiry */
#define ERR_EXPIRE_NX    "ERR NX and XX, GT or LT options at the same time are not compatible"
#define ERR_EXPIRE_GT_LT "ERR GT and LT options at the same time are not compatible"

/* Fields of hashes that expire */
#define ERR_FIELDS_MISSING "ERR Mandatory argument FIELDS is missing or not at the right position"
#define ERR_FIELDS_COUNT   "ERR Number of fields must be a positive integer"
#define ERR_FIELDS_ZERO    "ERR Parameter `numFields` should be greater than 0"
#define ERR_FIELDS_INVALID "ERR invalid number of fields"
#define ERR_FIELDS_MATCH   "ERR The `numfields` parameter must match the number of arguments"
#define ERR_TTL_NEGATIVE   "ERR invalid expire time, must be >= 0"
#define ERR_TTL_MISSING    "ERR missing expire time"
#define ERR_FNX_FXX        "ERR Only one of FXX or FNX arguments can be specified"
#define ERR_ONE_TTL \
    "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"

/* Access clocks */
#define ERR_NOT_LFU \
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that " \
    "when switching between policies at runtime LRU and LFU data will take some time to adjust."
#define ERR_IS_LFU \
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when " \
    "switching between policies at runtime LRU and LFU data will take some time to adjust."

#endif
