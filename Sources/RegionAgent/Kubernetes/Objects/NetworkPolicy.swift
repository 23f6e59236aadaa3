/// Who may talk to the pods of one namespace, and to whom they may talk.
public struct NetworkPolicy: KubernetesObject, Hashable {
  /// Network policies.
  public static let resource = APIResource.networkPolicies

  /// The rules. Nil members are not sent; an empty `ingress` with type `Ingress` denies all.
  public struct Spec: Sendable, Hashable, Codable {
    /// The pods concerned; the empty selector means all of the namespace.
    public var podSelector: LabelSelector
    /// `Ingress`, `Egress` or both.
    public var policyTypes: [String]?
    /// What may come in.
    public var ingress: [IngressRule]?
    /// What may go out.
    public var egress: [EgressRule]?

    /// Rules.
    public init(
      podSelector: LabelSelector = LabelSelector(), policyTypes: [String]? = nil, ingress: [IngressRule]? = nil,
      egress: [EgressRule]? = nil
    ) {
      self.podSelector = podSelector
      self.policyTypes = policyTypes
      self.ingress = ingress
      self.egress = egress
    }
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// The rules.
  public var spec: Spec?

  /// A network policy.
  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}

extension NetworkPolicy {
  /// Traffic that may come in.
  public struct IngressRule: Sendable, Hashable, Codable {
    /// On these ports; nil means all.
    public var ports: [Port]?
    /// From these; nil means anywhere.
    public var from: [Peer]?

    /// A rule.
    public init(ports: [Port]? = nil, from: [Peer]? = nil) {
      self.ports = ports
      self.from = from
    }
  }

  /// Traffic that may go out.
  public struct EgressRule: Sendable, Hashable, Codable {
    /// To these ports; nil means all.
    public var ports: [Port]?
    /// To these; nil means anywhere.
    public var to: [Peer]?

    /// A rule.
    public init(ports: [Port]? = nil, to: [Peer]? = nil) {
      self.ports = ports
      self.to = to
    }
  }

  /// A port.
  public struct Port: Sendable, Hashable, Codable {
    /// `TCP`, `UDP` or `SCTP`.
    public var `protocol`: String?
    /// Its number or name.
    public var port: IntOrString?

    /// A port.
    public init(protocol: String? = nil, port: IntOrString? = nil) {
      self.protocol = `protocol`
      self.port = port
    }
  }

  /// The other side.
  public struct Peer: Sendable, Hashable, Codable {
    /// Addresses.
    public struct IPBlock: Sendable, Hashable, Codable {
      /// The range.
      public var cidr: String
      /// Ranges within it that are left out.
      public var except: [String]?

      /// Addresses.
      public init(cidr: String, except: [String]? = nil) {
        self.cidr = cidr
        self.except = except
      }
    }

    /// Pods, of this namespace unless `namespaceSelector` says otherwise.
    public var podSelector: LabelSelector?
    /// Namespaces.
    public var namespaceSelector: LabelSelector?
    /// Addresses.
    public var ipBlock: IPBlock?

    /// A peer.
    public init(
      podSelector: LabelSelector? = nil, namespaceSelector: LabelSelector? = nil, ipBlock: IPBlock? = nil
    ) {
      self.podSelector = podSelector
      self.namespaceSelector = namespaceSelector
      self.ipBlock = ipBlock
    }
  }
}
