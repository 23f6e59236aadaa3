import Foundation
import Model
import Testing

@testable import Capacity

/// What is read of nodes and pods, as an API server tells of them.
struct CapacityProjectionTests {
  private func node(_ spec: String, isReady: Bool = true) throws -> NodeFacts {
    let text = """
      {"spec": {\(spec)}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
       "conditions": [{"type": "Ready", "status": "\(isReady ? "True" : "False")"}]}}
      """
    return try JSONDecoder().decode(NodeProjection.self, from: Data(text.utf8)).facts
  }

  private func container(_ cpu: String, _ policy: String? = nil) -> String {
    let restart = policy.map { ", \"restartPolicy\": \"\($0)\"" } ?? ""
    return "{\"resources\": {\"requests\": {\"cpu\": \"\(cpu)\"}}\(restart)}"
  }

  private func cpu(_ containers: [String], first: [String]) throws -> Int64 {
    let text = """
      {"spec": {"nodeName": "n1", "overhead": {"cpu": "10m"}, "containers": [\(containers.joined(separator: ","))],
       "initContainers": [\(first.joined(separator: ","))]}, "status": {"phase": "Running"}}
      """
    return try JSONDecoder().decode(PodProjection.self, from: Data(text.utf8)).requests.cpu
  }

  @Test func `a node that keeps pods out by a taint is not open`() throws {
    #expect(try node("").isOpen && !node("", isReady: false).isOpen && !node(#""unschedulable": true"#).isOpen)
    for (effect, isOpen) in [("NoSchedule", false), ("NoExecute", false), ("PreferNoSchedule", true)] {
      let taint = #"{"key": "node-role.kubernetes.io/control-plane", "effect": "\#(effect)"}"#
      #expect(try node(#""taints": [\#(taint)]"#).isOpen == isOpen, "\(effect)")
    }
  }

  @Test func `what a taint repeats of the node itself is read off the node`() throws {
    let taint = #""taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]"#
    #expect(try node(taint).isOpen)
    #expect(try !node(taint, isReady: false).isOpen)
  }

  @Test func `a pod asks for what runs together, sidecars among it, or for the most at one time before`() throws {
    #expect(try cpu([container("1"), container("500m")], first: []) == 1_510)
    #expect(try cpu([container("1")], first: [container("3")]) == 3_010)
    #expect(try cpu([container("1")], first: [container("200m", "Always"), container("300m", "Always")]) == 1_510)
    // The init container runs beside the sidecar that came before it, and not beside the one after.
    let first = [container("200m", "Always"), container("2"), container("400m", "Always")]
    #expect(try cpu([container("1")], first: first) == 2_210)
    #expect(try cpu([container("3")], first: first) == 3_610)
  }

  private func requests(_ spec: String, status: String = "") throws -> ResourceAmounts {
    let text = """
      {"spec": {"nodeName": "n1", "overhead": {"cpu": "10m"}, \(spec)}, "status": {"phase": "Running"\(status)}}
      """
    return try JSONDecoder().decode(PodProjection.self, from: Data(text.utf8)).requests
  }

  @Test func `what a pod asks for as a whole goes before what its containers ask for, resource by resource`() throws {
    let containers = """
      "containers": [{"resources": {"requests": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}}}],
      "initContainers": [{"resources": {"requests": {"cpu": "2"}}}]
      """
    let more = try requests(#"\#(containers), "resources": {"requests": {"cpu": "3"}, "limits": {"memory": "9Gi"}}"#)
    #expect(more == ResourceAmounts(cpu: 3_010, memory: 1 << 30, gpu: 1))
    let less = try requests(#"\#(containers), "resources": {"requests": {"cpu": "500m", "memory": "4Gi"}}"#)
    #expect(less == ResourceAmounts(cpu: 510, memory: 4 << 30, gpu: 1))
    let none = try requests(#"\#(containers), "resources": {"requests": {"hugepages-2Mi": "4Mi"}}"#)
    #expect(none == ResourceAmounts(cpu: 2_010, memory: 1 << 30, gpu: 1))
  }

  @Test(arguments: [("4", "2", "2"), ("1", "4", "2"), ("1", "2", "4")])
  func `of a container that is resized the most counts of what is wanted, allocated and in force`(
    wanted: String, allocated: String, inForce: String
  ) throws {
    func container(_ name: String, _ rest: String = "") -> String {
      #"{"name": "\#(name)", "resources": {"requests": {"cpu": "\#(wanted)"}}\#(rest)}"#
    }
    func status(_ name: String) -> String {
      """
      [{"name": "other", "resources": {"requests": {"cpu": "50"}}},
       {"name": "\(name)", "allocatedResources": {"cpu": "\(allocated)"},
        "resources": {"requests": {"cpu": "\(inForce)"}}}]
      """
    }
    let (main, sidecar) = (container("a"), container("s", #", "restartPolicy": "Always""#))
    let (mainStatus, sidecarStatus) = (status("a"), status("s"))
    let one = #""containers": [\#(main)]"#
    #expect(try requests(one, status: #", "containerStatuses": \#(mainStatus)"#).cpu == 4_010)
    let first = #"\#(one), "initContainers": [\#(sidecar)]"#
    let both = #", "containerStatuses": \#(mainStatus), "initContainerStatuses": \#(sidecarStatus)"#
    #expect(try requests(first, status: both).cpu == 8_010)
  }

  @Test func `what a node can never give a container that is resized is not counted`() throws {
    let spec = #""containers": [{"name": "a", "resources": {"requests": {"cpu": "1000"}}}]"#
    let there = #", "containerStatuses": [{"name": "a", "resources": {"requests": {"cpu": "2"}}}]"#
    func pending(_ reason: String) -> String {
      #", "conditions": [{"type": "PodResizePending", "status": "True", "reason": "\#(reason)"}]"#
    }
    #expect(try requests(spec, status: there + pending("Infeasible")).cpu == 2_010)
    #expect(try requests(spec, status: there + pending("Deferred")).cpu == 1_000_010)
    #expect(try requests(spec, status: pending("Infeasible")).cpu == 1_000_010, "nothing else is known of it")
  }

  @Test func `a pod that asks for more than can be counted asks for the largest number there is`() throws {
    let asked = [
      try cpu([container("5Ei"), container("5Ei")], first: []), try cpu([container("5Ei")], first: []),
      try cpu([container("1")], first: [container("5Ei", "Always"), container("5Ei")]),
      try cpu([container("5Ei")], first: [container("5Ei", "Always")]),
    ]
    #expect(asked == [.max, .max, .max, .max])
  }
}
