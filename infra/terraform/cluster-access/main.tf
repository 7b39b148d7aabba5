# What infra/cluster-access.yml creates, for an account of EKS clusters that Terraform manages: a role that Headgate's functions
# assume, and the access entry that maps it to one Kubernetes group per target. docs/aws.md says what both may do.
terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  cluster_arn = "arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:cluster/${var.cluster_name}"
}

data "aws_iam_policy_document" "trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = concat([var.deploy_role_arn, var.check_role_arn, var.sweep_role_arn], var.work_role_arn == "" ? [] : [var.work_role_arn], var.operator_arns)
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
    condition {
      test     = "StringLike"
      variable = "sts:RoleSessionName"
      values   = ["headgate-*"]
    }
  }
}

data "aws_iam_policy_document" "describe" {
  statement {
    effect    = "Allow"
    actions   = ["eks:DescribeCluster"]
    resources = [local.cluster_arn]
  }
}

resource "aws_iam_role" "role" {
  name                 = var.role_name
  path                 = "/headgate/"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "describe" {
  name   = "describe"
  role   = aws_iam_role.role.id
  policy = data.aws_iam_policy_document.describe.json
}

# The entry stores the role's id, not its name: a role that is created again takes its entry with it.
resource "aws_eks_access_entry" "entry" {
  cluster_name      = var.cluster_name
  principal_arn     = aws_iam_role.role.arn
  type              = "STANDARD"
  kubernetes_groups = var.kubernetes_groups

  lifecycle {
    replace_triggered_by = [aws_iam_role.role.unique_id]
  }
}

output "role_arn" {
  description = "Set it as `role` in headgate.yml"
  value       = aws_iam_role.role.arn
}
