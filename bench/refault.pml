/* SPDX-License-Identifier: MIT
 *
 * The refault of ppc64 as one would write it for SPIN: the peer of the scenario that scripts/bench-spin gives to `check`. One cpu
 * unmaps PAGES pages of a shared file mapping under the page-table lock, CPUS - 1 others store to each of them once. The pages are
 * clean: hash entries and TLB copies are read-only, so that a store faults. BROKEN flushes after the unlock, as Linux 2.6.20 did; else
 * before it. The agents are those of the scenario: cpus with the hardware's lookup in their accesses, and the tlbie bus with a
 * snooper for each cpu. Left out, as they cannot matter here: the frames, mmap_sem, the VMA, walks of the page tables.
 */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef PAGES
#define PAGES 1
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define SLOTS 2 /* of a page's group: more are never used */
#define NONE 0
#define RO 1
#define RW 2

bool ptl;
bool present[PAGES], busy[PAGES], hashed[PAGES], dirty[PAGES];
byte slot_of[PAGES];
bool valid[PAGES * SLOTS], locked[PAGES * SLOTS], writable[PAGES * SLOTS];
byte tlb[CPUS * PAGES];
byte in_flight[CPUS]; /* page + 1 of a lookup that may still fill */
byte sent[CPUS];      /* page + 1 of the tlbie that a cpu has sent */
byte left[4];         /* the cpus that have not snooped it yet, as bits; at most four cpus */

#define H(p, s) ((p) * SLOTS + (s))
#define T(c, p) ((c) * PAGES + (p))

inline tlbie(me, p) {
  left[me] == 0;                             /* ptesync */
  atomic { sent[me] = p + 1; left[me] = (1 << CPUS) - 1 };
  left[me] == 0                              /* eieio; tlbsync; ptesync */
}

inline invalidate(me, p, s) {
  atomic { !locked[H(p, s)]; locked[H(p, s)] = true };
  atomic { valid[H(p, s)] = false; locked[H(p, s)] = false };
  tlbie(me, p)
}

/* hash_4k: done is whether the pte was hashed, busy whether somebody else is at it */
inline hash(me, p, refused) {
  atomic {
    if
    :: !present[p] || busy[p] -> refused = true
    :: else -> refused = false; busy[p] = true; old = hashed[p]; s = slot_of[p]; dirty[p] = true
    fi
  };
  if
  :: refused
  :: else ->
    in_place = false;
    if
    :: old ->
      atomic { !locked[H(p, s)]; locked[H(p, s)] = true };
      atomic {
        if
        :: valid[H(p, s)] -> writable[H(p, s)] = true; in_place = true
        :: else
        fi;
        locked[H(p, s)] = false
      };
      tlbie(me, p)
    :: else
    fi;
    if
    :: in_place
    :: else ->
      s = 0;
      do
      :: s < SLOTS ->
        if
        :: !valid[H(p, s)] && !locked[H(p, s)] ->
          if
          :: atomic { !valid[H(p, s)] && !locked[H(p, s)] -> locked[H(p, s)] = true }; break
          :: else -> s++
          fi
        :: else -> s++
        fi
      :: else -> s = 0
      od;
      writable[H(p, s)] = true;
      atomic {
        valid[H(p, s)] = true;
        locked[H(p, s)] = false;
        assert(!(valid[H(p, 0)] && valid[H(p, 1)]))
      }
    fi;
    atomic { slot_of[p] = s; hashed[p] = true; busy[p] = false }
  fi
}

proctype unmapper() {
  byte p, noted_slot[PAGES];
  bool noted[PAGES];
  atomic { !ptl; ptl = true };
  p = 0;
  do
  :: p < PAGES ->
    if
    :: present[p] ->
      atomic {
        !busy[p];
        noted[p] = hashed[p]; noted_slot[p] = slot_of[p];
        present[p] = false; hashed[p] = false; dirty[p] = false
      }
    :: else
    fi;
    p++
  :: else -> break
  od;
#if BROKEN
  ptl = false;
#endif
  p = 0;
  do
  :: p < PAGES ->
    if
    :: noted[p] -> invalidate(0, p, noted_slot[p])
    :: else
    fi;
    p++
  :: else -> break
  od;
#if !BROKEN
  ptl = false
#endif
}

proctype writer(byte me) {
  byte p, s;
  bool old, in_place, refused, found, may_write;
  p = 0;
  do
  :: p == PAGES -> break
  :: else ->
    if
    :: tlb[T(me, p)] == RW -> p++ /* the store */
    :: tlb[T(me, p)] == RO -> found = true; may_write = false; goto fault
    :: else ->
      atomic {
        in_flight[me] = p + 1;
        found = false; may_write = false; s = 0;
        do
        :: s < SLOTS ->
          if
          :: valid[H(p, s)] -> found = true; may_write = writable[H(p, s)]; break
          :: else -> s++
          fi
        :: else -> break
        od;
        if
        :: !found || !may_write -> in_flight[me] = 0
        :: else
        fi
      };
      if
      :: found && may_write ->
        atomic {
          if
          :: in_flight[me] == p + 1 -> tlb[T(me, p)] = RW; in_flight[me] = 0; p++
          :: else
          fi
        }
      :: else -> goto fault
      fi
    fi;
    goto next;
fault:
    if
    :: present[p] ->
      hash(me, p, refused);
      if
      :: refused && present[p] -> !busy[p]
      :: else
      fi
    :: else ->
      atomic { !ptl; ptl = true };
      if
      :: !present[p] ->
        atomic { present[p] = true; dirty[p] = true; hashed[p] = false };
      :: else -> dirty[p] = true
      fi;
      hash(me, p, refused);
      ptl = false
    fi;
next:
    skip
  od
}

#define WAITS(from) (left[from] >> me & 1)

proctype snooper(byte me) {
  byte from;
end:
  do
  :: atomic {
      WAITS(0) || WAITS(1) || WAITS(2) || WAITS(3);
      if
      :: WAITS(0) -> from = 0
      :: WAITS(1) -> from = 1
      :: WAITS(2) -> from = 2
      :: WAITS(3) -> from = 3
      fi;
      tlb[T(me, sent[from] - 1)] = NONE;
      if
      :: in_flight[me] == sent[from] -> in_flight[me] = 0
      :: else
      fi;
      left[from] = left[from] & ~(1 << me);
      from = 0
    }
  od
}

init {
  byte c, p;
  atomic {
    p = 0;
    do
    :: p < PAGES ->
      present[p] = true; hashed[p] = true; slot_of[p] = 0; valid[H(p, 0)] = true;
      c = 1;
      do
      :: c < CPUS -> tlb[T(c, p)] = RO; c++
      :: else -> break
      od;
      p++
    :: else -> break
    od;
    run unmapper();
    c = 0;
    do
    :: c < CPUS ->
      run snooper(c);
      if
      :: c > 0 -> run writer(c)
      :: else
      fi;
      c++
    :: else -> break
    od;
    c = 0; p = 0
  }
}
