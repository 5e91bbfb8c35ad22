// Unpacks the engine in a page: base 91 back to bytes, and these by LZMA (Pavlov, LZMA specification 2015) to
// WebAssembly, which takes a quarter less than gzip. `build` compiles it to some kilobytes of their own.

typedef unsigned char byte;
typedef unsigned short prob;
typedef unsigned int word;

extern byte __heap_base;

static const byte *in;
static byte *out, *end;

/// Room for `count` characters of text, and behind it for `size` bytes.
byte *room(word count, word size) {
  byte *start = &__heap_base;
  out = start + ((count + 15) & ~15u);
  word need = (word)(unsigned long)(out + size), have = __builtin_wasm_memory_size(0) << 16;
  if (need > have) __builtin_wasm_memory_grow(0, (need - have + 65535) >> 16);
  return start;
}

// Two characters hold 13 bits; those characters are the ones that are seen, but for `"`, `<` and `\`.
static word digit(byte c) { return c - 33 - (c > 34) - (c > 60) - (c > 92); }

// Bytes take less room than their text, so they may stand in its place.
static void unpack_text(byte *text, word count) {
  byte *to = text;
  word bits = 0, held = 0;
  for (word at = 0; at + 1 < count; at += 2) {
    bits |= (digit(text[at]) + 91 * digit(text[at + 1])) << held;
    for (held += 13; held >= 8; held -= 8, bits >>= 8) *to++ = (byte)bits;
  }
}

// The range coder.

static word range, code;

static inline void refill(void) {
  if (range < 1u << 24) {
    range <<= 8;
    code = code << 8 | *in++;
  }
}

static inline word bit(prob *p) {
  word bound = (range >> 11) * *p;
  if (code < bound) {
    range = bound;
    *p += (2048 - *p) >> 5;
    refill();
    return 0;
  }
  range -= bound;
  code -= bound;
  *p -= *p >> 5;
  refill();
  return 1;
}

static word direct(word count) {
  word value = 0;
  while (count--) {
    range >>= 1;
    word one = code >= range;
    if (one) code -= range;
    value = value << 1 | one;
    refill();
  }
  return value;
}

static inline word tree(prob *probs, word bits) {
  word m = 1;
  for (word i = 0; i < bits; i++) m = m << 1 | bit(probs + m);
  return m - (1u << bits);
}

static word reverse_tree(prob *probs, word bits) {
  word m = 1, value = 0;
  for (word i = 0; i < bits; i++) {
    word b = bit(probs + m);
    m = m << 1 | b;
    value |= b << i;
  }
  return value;
}

// What it has learned of the text so far.

struct lengths { prob choice, far, low[16][8], middle[16][8], high[256]; };
static struct {
  prob match[12][16], repeat[12], first[12], second[12], third[12], one[12][16];
  prob slot[4][64], special[128], align[16];
  struct lengths length, again;
  prob literal[0x300 << 4];
} learned;
static word context_bits, place_bits, literal_place_bits;
static word state, rep0, rep1, rep2, rep3;
static byte *begin_out;

/// Reads the header. `count` characters of text stand where `room` was; `size` bytes will come of them.
byte *begin(word count, word size) {
  byte *text = &__heap_base;
  unpack_text(text, count);
  in = text + 13;
  word settings = text[0];
  context_bits = settings % 9;
  literal_place_bits = settings / 9 % 5;
  place_bits = settings / 45;
  prob *p = (prob *)&learned;
  for (word i = 0; i < sizeof learned / sizeof(prob); i++) p[i] = 1024;
  range = 0xffffffff;
  code = 0;
  for (word i = 0; i < 5; i++) code = code << 8 | *in++;
  state = rep0 = rep1 = rep2 = rep3 = 0;
  begin_out = out;
  end = out + size;
  return out;
}

static word read_length(struct lengths *l, word place) {
  if (!bit(&l->choice)) return tree(l->low[place], 3);
  if (!bit(&l->far)) return 8 + tree(l->middle[place], 3);
  return 16 + tree(l->high, 8);
}

static word read_distance(word length) {
  word slot = tree(learned.slot[length < 3 ? length : 3], 6);
  if (slot < 4) return slot;
  word bits = (slot >> 1) - 1, distance = (2 | (slot & 1)) << bits;
  if (slot < 14) return distance + reverse_tree(learned.special + distance - slot, bits);
  distance += direct(bits - 4) << 4;
  return distance + reverse_tree(learned.align, 4);
}

static void read_literal(void) {
  word position = (word)(out - begin_out), before = position ? out[-1] : 0;
  word set = ((position & ((1u << literal_place_bits) - 1)) << context_bits) + (before >> (8 - context_bits));
  prob *probs = learned.literal + 0x300 * set;
  word symbol = 1;
  if (state >= 7) {
    word match = out[-(int)rep0 - 1];
    while (symbol < 0x100) {
      word wanted = match >> 7 & 1;
      match <<= 1;
      word b = bit(probs + ((1 + wanted) << 8) + symbol);
      symbol = symbol << 1 | b;
      if (b != wanted) break;
    }
  }
  while (symbol < 0x100) symbol = symbol << 1 | bit(probs + symbol);
  *out++ = (byte)symbol;
  state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}

/// Goes on until at least `wanted` bytes are there, or all.
/// - Returns: how many there are.
word more(word wanted) {
  byte *limit = begin_out + wanted < end ? begin_out + wanted : end;
  while (out < limit) {
    word place = (word)(out - begin_out) & ((1u << place_bits) - 1);
    if (!bit(&learned.match[state][place])) {
      read_literal();
      continue;
    }
    word length;
    if (!bit(&learned.repeat[state])) {
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      length = read_length(&learned.length, place);
      rep0 = read_distance(length);
      state = state < 7 ? 7 : 10;
      if (rep0 == 0xffffffff) break;
    } else {
      if (!bit(&learned.first[state])) {
        if (!bit(&learned.one[state][place])) {
          state = state < 7 ? 9 : 11;
          *out = out[-(int)rep0 - 1];
          out++;
          continue;
        }
      } else {
        word distance;
        if (!bit(&learned.second[state])) {
          distance = rep1;
        } else {
          if (!bit(&learned.third[state])) {
            distance = rep2;
          } else {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      length = read_length(&learned.again, place);
      state = state < 7 ? 8 : 11;
    }
    const byte *from = out - rep0 - 1;
    for (length += 2; length && out < end; length--) *out++ = *from++;
  }
  return (word)(out - begin_out);
}
