variable "package" {
  type        = string
  description = "The directory that `headgate bootstrap --package` has written, for this stage and headgate.yml"
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "alarm_topic_arn" {
  type        = string
  default     = ""
  description = "Optional SNS topic for alarms"
}

variable "front" {
  type        = string
  default     = "url"
  description = "Where webhooks arrive: url, the function's own, or api, an HTTP API of API Gateway"
}

variable "kms_key_arn" {
  type        = string
  default     = ""
  description = "Optional KMS key for queues, logs and the functions' variables"
}

variable "log_retention_days" {
  type    = number
  default = 30
}

variable "permissions_boundary_arn" {
  type        = string
  default     = ""
  description = "Optional policy that bounds the permissions of every role of the stack"
}

variable "reserve_concurrency" {
  type        = bool
  default     = true
  description = "Set to false if the account's Lambda concurrency limit is below 126 (131 with the work function)"
}

variable "role_prefix" {
  type        = string
  default     = ""
  description = "Optional beginning of the names of the roles"
}

variable "security_group_ids" {
  type    = list(string)
  default = []
}

variable "subnet_ids" {
  type        = list(string)
  default     = []
  description = "Optional subnets for all functions except the webhook, for clusters with private endpoints"
}
