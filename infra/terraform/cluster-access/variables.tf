variable "cluster_name" {
  type = string
  validation {
    condition     = can(regex("^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$", var.cluster_name))
    error_message = "Write the name that EKS shows."
  }
}

variable "role_name" {
  type        = string
  description = "The last part of `role` in headgate.yml, which is arn:aws:iam::ACCOUNT:role/headgate/NAME"
}

variable "kubernetes_groups" {
  type        = list(string)
  description = "headgate:TARGET for each target that uses this role"
}

variable "external_id" {
  type        = string
  sensitive   = true
  description = "The value of `externalId` in headgate.yml"
  validation {
    condition     = length(var.external_id) >= 8
    error_message = "Use at least eight characters."
  }
}

variable "deploy_role_arn" {
  type        = string
  description = "The output of the same name of Headgate's own stack"
}

variable "check_role_arn" {
  type        = string
  description = "The output of the same name of Headgate's own stack"
}

variable "sweep_role_arn" {
  type        = string
  description = "The output of the same name of Headgate's own stack"
}

variable "work_role_arn" {
  type        = string
  default     = ""
  description = "The output of the same name of Headgate's own stack, if it has one"
}

variable "operator_arns" {
  type        = list(string)
  default     = []
  description = "Principals that may also assume the role, to run `headgate connect`, `check` and `plan`"
}
