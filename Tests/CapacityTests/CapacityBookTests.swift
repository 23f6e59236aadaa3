import Capacity
import Model
import Testing

/// What there is for Régie on a cluster.
struct CapacityBookTests {
  private func node(cpu: Int64, isOpen: Bool = true) -> NodeFacts {
    NodeFacts(allocatable: ResourceAmounts(cpu: cpu, memory: cpu << 20, pods: 110), isOpen: isOpen)
  }

  private func pod(_ namespace: String, _ cpu: Int64, on node: String?, isOver: Bool = false) -> PodFacts {
    PodFacts(namespace: namespace, node: node, requests: ResourceAmounts(cpu: cpu, memory: cpu), isOver: isOver)
  }

  private func free(
    _ book: CapacityBook, promised: ResourceAmounts = ResourceAmounts(cpu: 1000, memory: 1000, pods: 1)
  ) -> ResourceAmounts {
    book.capacity(kept: ["ours": promised])
  }

  @Test func `what others' pods ask for is taken away, what Régie's own ask for is not`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(node: "n2", node(cpu: 2000))
    book.note(pod: "a", pod("kube-system", 500, on: "n1"))
    book.note(pod: "b", pod("ours", 1000, on: "n1"))
    #expect(free(book) == ResourceAmounts(cpu: 5500, memory: 6000 << 20 - 500, pods: 219))
    book.note(pod: "a", nil)
    #expect(free(book) == ResourceAmounts(cpu: 6000, memory: 6000 << 20, pods: 220))
  }

  @Test func `what is asked for in a namespace of Régie's beyond what is promised there is taken away`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(node: "n2", node(cpu: 2000))
    book.note(pod: "a", pod("ours", 2500, on: "n1"))
    book.note(pod: "b", pod("ours", 1000, on: "n2"))
    let some = free(book, promised: ResourceAmounts(cpu: 3000, memory: 10_000))
    #expect(some == ResourceAmounts(cpu: 5500, memory: 6000 << 20, pods: 218), "resource by resource")
    let none = ResourceAmounts(cpu: 2500, memory: 6000 << 20 - 3500, pods: 218)
    #expect(free(book, promised: ResourceAmounts()) == none)
    #expect(book.capacity(kept: [:]) == none, "as if they were others'")
    let apart = book.capacity(kept: [
      "ours": ResourceAmounts(cpu: 3000, memory: 10_000), "more": ResourceAmounts(cpu: 9000, memory: 9000, pods: 9),
    ])
    #expect(apart == some, "what another does not use covers nothing")
    book.note(pod: "c", pod("ours", 90_000, on: "n1"))
    #expect(free(book, promised: ResourceAmounts(memory: 100_000)).cpu == 0)
  }

  @Test func `what runs on a node that gives nothing uses up no more than is promised`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(node: "n2", node(cpu: 2000, isOpen: false))
    book.note(pod: "a", pod("ours", 1500, on: "n1"))
    book.note(pod: "b", pod("ours", 1500, on: "n2"))
    #expect(free(book).cpu == 3500, "without the ledger's 1000 that is what is free")
  }

  @Test func `a node that is cordoned, not ready or gone gives nothing, and what runs there takes nothing elsewhere`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(node: "n2", node(cpu: 2000, isOpen: false))
    book.note(pod: "a", pod("other", 500, on: "n2"))
    book.note(pod: "b", pod("other", 500, on: "lost"))
    #expect(free(book).cpu == 4000 && book.openNodes == 1)
    book.note(node: "n1", nil)
    #expect(free(book) == ResourceAmounts() && book.openNodes == 0)
  }

  @Test func `pods that wait for a node or have ended hold nothing, and one that changes is counted once`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(pod: "a", pod("other", 500, on: nil))
    #expect(free(book).cpu == 4000 && free(book).pods == 110)
    for cpu: Int64 in [500, 700, 700] { book.note(pod: "a", pod("other", cpu, on: "n1")) }
    #expect(free(book).cpu == 3300 && free(book).pods == 109)
    book.note(pod: "a", pod("other", 700, on: "n1", isOver: true))
    #expect(free(book).cpu == 4000)
  }

  @Test func `a node that is promised more than it has takes nothing from the others`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 1000))
    book.note(node: "n2", node(cpu: 1000))
    book.note(pod: "a", pod("other", 5000, on: "n1"))
    #expect(free(book).cpu == 1000)
  }

  @Test func `pods that ask for the largest number there is are counted exactly, also once one of them goes`() {
    var book = CapacityBook()
    book.note(node: "n1", node(cpu: 4000))
    book.note(pod: "a", pod("other", 1000, on: "n1"))
    for uid in ["b", "c"] { book.note(pod: uid, pod("other", .max, on: "n1")) }
    #expect(free(book) == ResourceAmounts(pods: 107))
    book.note(pod: "b", nil)
    #expect(free(book) == ResourceAmounts(pods: 108))
    book.note(pod: "c", nil)
    #expect(free(book).cpu == 3000)
  }

  @Test func `nodes that have more than can be counted have the largest number there is`() {
    var book = CapacityBook()
    for name in ["n1", "n2"] {
      book.note(node: name, NodeFacts(allocatable: ResourceAmounts(memory: .max), isOpen: true))
    }
    book.note(pod: "a", pod("other", 1000, on: "n1"))
    #expect(free(book).memory == .max)
  }
}
