/* classes.c: the table of size classes.
 *
 * Written out rather than computed at start, so that it is there before any constructor runs and
 * costs no relocation. Slab sizes: `pages` is the smallest from 32 KiB up that holds four slots and
 * wastes at most 1.2 % in its tail; `pages_first` the smallest that wastes at most 4 % (13 % above
 * 1 KiB). classes_test.c checks all of this. Mapping a request to a class is arithmetic (two shifts
 * and a bit scan) in place of tables: no cache lines, and the same in both granularities. */
#include "alloc/classes.h"

#define CLASS(size, first, rest) \
    { (size), (uint32_t)(((1ULL << 32) + (size) - 1) / (size)), (first), (rest) }

const struct size_class size_classes[CLASS_COUNT] = {
    CLASS(8, 1, 8), CLASS(16, 1, 8), CLASS(24, 1, 8), CLASS(32, 1, 8),
    CLASS(40, 1, 8), CLASS(48, 1, 8), CLASS(56, 1, 8), CLASS(64, 1, 8),
    CLASS(72, 1, 8), CLASS(80, 1, 8), CLASS(88, 1, 8), CLASS(96, 1, 8),
    CLASS(104, 1, 8), CLASS(112, 1, 8), CLASS(120, 1, 8), CLASS(128, 1, 8),
    CLASS(144, 1, 8), CLASS(160, 1, 8), CLASS(176, 1, 8), CLASS(192, 1, 8),
    CLASS(208, 1, 8), CLASS(224, 1, 8), CLASS(240, 1, 8), CLASS(256, 1, 8),
    CLASS(288, 1, 8), CLASS(320, 2, 8), CLASS(352, 2, 8), CLASS(384, 2, 8),
    CLASS(416, 2, 8), CLASS(448, 1, 8), CLASS(480, 2, 8), CLASS(512, 1, 8),
    CLASS(576, 1, 9), CLASS(640, 3, 8), CLASS(704, 3, 8), CLASS(768, 3, 9),
    CLASS(832, 4, 8), CLASS(896, 2, 9), CLASS(960, 4, 8), CLASS(1024, 1, 8),
    CLASS(1152, 2, 9), CLASS(1280, 1, 10), CLASS(1408, 3, 8), CLASS(1536, 2, 9),
    CLASS(1664, 3, 9), CLASS(1792, 1, 11), CLASS(1920, 1, 8), CLASS(2048, 1, 8),
    CLASS(2304, 3, 9), CLASS(2560, 2, 10), CLASS(2816, 3, 9), CLASS(3072, 3, 9),
    CLASS(3328, 5, 9), CLASS(3584, 1, 14), CLASS(3840, 1, 15), CLASS(4096, 1, 8),
    CLASS(4608, 5, 9), CLASS(5120, 4, 10), CLASS(5632, 3, 11), CLASS(6144, 3, 9),
    CLASS(6656, 5, 13), CLASS(7168, 2, 14), CLASS(7680, 2, 15), CLASS(8192, 2, 8),
    CLASS(9216, 5, 9), CLASS(10240, 5, 10), CLASS(11264, 3, 11), CLASS(12288, 3, 12),
    CLASS(13312, 7, 13), CLASS(14336, 4, 14), CLASS(15360, 4, 15), CLASS(16384, 4, 16),
};

unsigned class_aligned(size_t size, size_t align) {
    if (size > SMALL_MAX || align > PAGE_SIZE) return CLASS_COUNT;
    unsigned cls = class_fine(size < align ? align : size);
    while (cls < CLASS_COUNT && size_classes[cls].slot_size % align != 0) cls++;
    return cls;
}
